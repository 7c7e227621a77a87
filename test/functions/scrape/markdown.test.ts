import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHtml } from '../../../functions/scrape/html.ts';
import { toMarkdown } from '../../../functions/scrape/markdown.ts';

const url = 'https://www.gov.br/mec/pt-br/noticias/artigo';

function convert(html: string): string {
  return toMarkdown(parseHtml(html, url).root().contents().toArray(), url);
}

function check(cases: Record<string, string>): void {
  for (const [html, markdown] of Object.entries(cases)) assert.equal(convert(html), markdown, html);
}

test('words keep their distance at inline tags', () => {
  check({
    '<p>do <a href="/c">cargo</a> por <b>determinação</b> judicial</p>':
      'do [cargo](https://www.gov.br/c) por **determinação** judicial',
    '<p>do <a href="/c">cargo </a>por<b> determinação</b>.</p>':
      'do [cargo](https://www.gov.br/c) por **determinação**.',
    '<p>do <b>cargo</b>\n<i>por</i>&nbsp;<b>determinação</b></p>': 'do **cargo** _por_ **determinação**',
    '<p>uma <span>pala</span><span>vra</span> só</p>': 'uma palavra só',
    '<p>um<br>dois</p>': 'um  \ndois',
    'um<div>dois</div>três<p>quatro</p>cinco': 'um\n\ndois\n\ntrês\n\nquatro\n\ncinco',
    '<a href="/c"><div>um</div><div>dois</div></a>': '[um dois](https://www.gov.br/c)',
    '<table><tr><td><p>um</p><p>dois</p></td><td>x<br>y<ul><li>k</li><li>l</li></ul></td></tr></table>':
      '| um dois | x y k l |\n| --- | --- |',
    '<h2>um<br>dois</h2>': '## um dois',
  });
});

test('two line breaks in a row are a paragraph, wherever bold begins and ends', () => {
  check({
    '<p>um<br><br>dois<br /> <br />três</p>': 'um\n\ndois\n\ntrês',
    '<p><b>um<br><br>dois</b></p>': '**um**\n\n**dois**',
    '<p><br>um<br></p><p><br></p>': 'um',
  });
});

test('marks that Markdown cannot express are mended', () => {
  check({
    '<p><b><b>um</b></b><b> dois</b></p>': '**um dois**',
    '<p><b>Data:</b>10/10</p>': '**Data**:10/10',
    '<p>pala<em>vra</em> e <em>outra</em></p>': 'palavra e _outra_',
    '<p><b> </b>um<i></i></p>': 'um',
    '<p><i>a_b@gov.br e <a href="/c_d">e_f</a></i></p>': '_a_b@gov.br e [e_f](https://www.gov.br/c_d)_',
    '<h3><b>Título</b></h3>': '### Título',
    '<p>10<sup>3</sup>, 10<sup>-6</sup>, n<sup>o</sup> 5, nota<sup>(a)</sup></p>': '10³, 10⁻⁶, nº 5, nota(a)',
  });
});

test('lists, quotes, headings and tables survive', () => {
  check({
    '<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>': '- a\n    - b\n- c',
    '<ol><li>a<ol><li>b</li></ol></li><li>c</li></ol>': '1. a\n    1. b\n2. c',
    '<ul><li>a</li></ul><ul><li>b</li></ul>': '- a\n\n- b',
    '<ul><ul><li>torto</li></ul></ul>': '- torto',
    '<blockquote><p>um</p><p>dois</p></blockquote>': '> um\n> \n> dois',
    '<h2>Um</h2><p>dois</p><hr><p>três</p>': '## Um\n\ndois\n\n---\n\ntrês',
    '<table><tr><th>A</th><th>B</th></tr><tr><td>1 | 2 | 3</td><td></td></tr></table>':
      '| A | B |\n| --- | --- |\n| 1 / 2 / 3 | |',
    '<table><tr><td><p>leiaute</p></td></tr><tr><td><p>antigo</p></td></tr></table>': 'leiaute\n\nantigo',
  });
});

test('links and pictures are absolute, and only those that lead somewhere', () => {
  check({
    '<p><a href="../x (1).pdf">x</a></p>': '[x](https://www.gov.br/mec/pt-br/x%20%281%29.pdf)',
    '<p><a href="mailto:a_b@gov.br">a_b@gov.br</a></p>': '[a_b@gov.br](mailto:a_b@gov.br)',
    '<p><a href="javascript:alert(1)">a</a> <a name="b">b</a> <a href="http://[">c</a><a href="/d"></a></p>': 'a b c',
    '<p><img src="resolveuid/1/@@images/image" alt="Foto [1]"></p>':
      '![Foto 1](https://www.gov.br/mec/pt-br/noticias/resolveuid/1/@@images/image)',
    '<p><img src="data:image/gif;base64,x"><img src="p.gif" width="1"><img src="/loading_v2.gif"></p>': '',
    '<p><img src="/loading_v2.gif" data-echo="/real.jpg"><noscript><img src="/real.jpg"></noscript></p>':
      '![](https://www.gov.br/real.jpg)',
    '<p><img src="/loading_v2.gif"><noscript><img src="/real.jpg"></noscript></p>': '![](https://www.gov.br/real.jpg)',
  });
});

test('nothing that runs in a browser is left', () => {
  check({
    '<script>alert(1)</script><style>p{}</style><p onclick="x()">um</p><iframe src="/x"></iframe><svg><a href="/x">s</a></svg>':
      'um',
    '<p>o código &lt;script&gt;alert(1)&lt;/script&gt;, 3 &lt; 5 &amp;amp;</p>':
      'o código \\<script>alert(1)\\</script>, 3 < 5 &amp;',
    '<p><img src="x" alt="&quot;><script>"></p>': '!["script](https://www.gov.br/mec/pt-br/noticias/x)',
  });
});

test('only what Markdown would read as syntax is escaped', () => {
  check({
    '<p>R$ 1.000 * 2, em 2025. A meta - b # c a_b</p>': 'R$ 1.000 * 2, em 2025. A meta - b # c a_b',
    '<p><b>BRASÍLIA</b> - O ministro</p>': '**BRASÍLIA** - O ministro',
    '<p>2025. Foi o ano</p><p>- Não.</p><p># x</p><p>+ x</p><p>&gt; x</p><p>===</p>':
      '2025\\. Foi o ano\n\n\\- Não.\n\n\\# x\n\n\\+ x\n\n\\> x\n\n\\===',
    '<p>*nota* _x_ [a](b) `c` ~~d~~ e\\f</p>': '\\*nota\\* \\_x\\_ \\[a](b) \\`c\\` \\~~d\\~~ e\\\\f',
  });
});

test('invisible characters are removed', () => {
  check({ '<p>pala\u00advra zero\u200bum nul\u0000o a\u00a0b</p>': 'palavra zeroum nulo a b' });
});

test('no word is lost or glued, whatever the markup', () => {
  const inline = ['b', 'i', 'a href="/x"', 'span', 'em'];
  const block = ['p', 'div', 'ul', 'li', 'td', 'tr', 'table', 'blockquote', 'h2', 'section', 'br'];
  const word = fc.constantFrom('um', 'dois', 'três', 'ação', 'R$ 5', '2025. ', '-', 'a_b');
  const text = fc.tuple(word, fc.constantFrom(' ', '\n', '&nbsp;')).map(([w, space]) => `${space}${w}${space}`);
  const { html } = fc.letrec<{ html: string }>((tie) => ({
    html: fc.oneof(
      { depthSize: 'medium' },
      text,
      fc
        .tuple(fc.constantFrom(...inline, ...block), fc.array(tie('html'), { maxLength: 4 }))
        .map(([tag, children]) => `<${tag}>${children.join('')}</${tag.split(' ')[0]}>`),
    ),
  }));
  const words = (value: string) => value.match(/[\p{L}\p{N}]+/gu) ?? [];
  fc.assert(
    fc.property(html, (input) => {
      const markdown = convert(input)
        .replace(/\]\([^)]*\)/g, '] ')
        .replace(/^\d+\. /gm, '');
      const expected = words(input.replace(/<[^>]*>/g, ' ').replaceAll('&nbsp;', ' ')).filter((w) => !/^\d+$/.test(w));
      assert.deepEqual(
        words(markdown).filter((w) => !/^\d+$/.test(w)),
        expected,
      );
    }),
    { numRuns: 500 },
  );
});

test('a huge or tangled body takes well under a second', () => {
  const p = '<p>O <b>ministério</b> anunciou <a href="/x">medidas</a> para <em>todo</em> o país.</p>';
  const bodies = [
    p.repeat(10_000),
    `<table>${'<tr><td>a b</td><td>c d</td></tr>'.repeat(20_000)}</table>`,
    `<p>${'um <b>dois</b><br>'.repeat(30_000)}</p>`,
    `<p>${'.'.repeat(1_000_000)}</p>`,
    `<p>${'['.repeat(500_000)}</p>`,
    `${'<ul><li>'.repeat(250)}x`,
  ];
  for (const body of bodies) {
    const start = performance.now();
    convert(body);
    assert.ok(performance.now() - start < 3000, body.slice(0, 40));
  }
});
