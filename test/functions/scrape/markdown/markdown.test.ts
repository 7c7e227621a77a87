import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PageLimitError } from '../../../../functions/scrape/errors.ts';
import { parseHtml } from '../../../../functions/scrape/html.ts';
import { toMarkdown } from '../../../../functions/scrape/markdown/markdown.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../../support/cpu-time.ts';

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
    '<a href="/c"><div>um</div><div>dois</div></a>': '[um](https://www.gov.br/c)\n\n[dois](https://www.gov.br/c)',
    '<a name="topo"><p>um</p><p>dois</p></a>': 'um\n\ndois',
    '<b><p>um</p><p>dois</p></b>': '**um**\n\n**dois**',
    '<table><tr><td><p>um</p><p>dois</p></td><td>x<br>y<ul><li>k</li><li>l</li></ul></td></tr><tr><td>3</td></tr></table>':
      '| um dois | x y k l |\n| --- | --- |\n| 3 |',
    '<h2>um<br>dois</h2>': '## um dois',
  });
});

test('two line breaks in a row are a paragraph, wherever bold begins and ends', () => {
  check({
    '<p>um<br><br>dois<br /> <br />três</p>': 'um\n\ndois\n\ntrês',
    '<p><b>um<br><br>dois</b></p>': '**um**\n\n**dois**',
    '<p><br>um<br></p><p><br></p>': 'um',
    '<p>&nbsp;</p><p></p><p> <br>&nbsp;<br></p><p>um</p>': 'um',
    '<pre>um\n  dois\n\ntrês</pre>': 'um  \ndois\n\ntrês',
  });
});

test('marks that Markdown cannot express are mended', () => {
  check({
    '<p><b><b>um</b></b><b> dois</b></p>': '**um dois**',
    '<p><b>Data:</b>10/10</p>': '**Data**:10/10',
    '<p>pala<em>vra</em> e <em>outra</em></p>': 'palavra e _outra_',
    '<p><b> </b>um<i></i></p>': 'um',
    '<p><b>um </b><a href="/x"><b>dois</b></a><b> três</b></p>': '**um [dois](https://www.gov.br/x) três**',
    '<p><b>um <i>dois</i></b><i> três</i></p>': '**um _dois_** _três_',
    '<p>um<b>:</b> dois <b>“três”</b>quatro</p>': 'um: dois **“três**”quatro',
    '<p>um<b>(</b>dois) e pala<b>(x) y</b></p>': 'um(dois) e pala(**x) y**',
    '<p><i>a – </i>b <i>c <b>d.</b></i>e</p>': '_a –_ b c **d**.e',
    '<p><i>a_b@gov.br e <a href="/c_d">e_f</a></i></p>': '_a_b@gov.br e [e_f](https://www.gov.br/c_d)_',
    '<h3><b>Título</b></h3>': '### Título',
    '<p>10<sup>3</sup>, 10<sup>-6</sup>, n<sup>o</sup> 5, 1<sup><u>a</u></sup>, nota<sup>(a)</sup></p>':
      '10³, 10⁻⁶, nº 5, 1ª, nota(a)',
  });
});

test('lists, quotes, headings and tables survive', () => {
  check({
    '<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>': '- a\n    - b\n- c',
    '<ol><li>a<ol><li>b</li></ol></li><li>c</li></ol>': '1. a\n    1. b\n2. c',
    '<ul><li>a</li></ul><ul><li>b</li></ul>': '- a\n\n- b',
    '<ul><ul><li>torto</li></ul></ul>': '- torto',
    '<ul>solto <b>e</b> junto<li>a</li><li></li><li><hr></li></ul>': '- solto **e** junto\n- a',
    '<ul><li><ul><li>b</li></ul></li><li>c</li></ul>': '- b\n- c',
    '<ul><li>um<br>dois</li><li><h3>t</h3><p>- x</p></li></ul>': '- um  \n    dois\n- t  \n    \\- x',
    '<ul><li><p>a</p><ul><li>b<ol><li>c</li></ol></li></ul><p>d</p></li></ul>': '- a\n    - b\n        1. c\n- d',
    '<ol start="9999"><li>a<ul><li>b</li></ul></li><li>c</li></ol>': '9999. a\n      - b\n10000. c',
    '<blockquote><p>um</p><p>dois</p></blockquote>': '> um\n>\n> dois',
    '<blockquote>a<blockquote>b</blockquote><ul><li>c</li></ul></blockquote>': '> a\n>\n> > b\n>\n> - c',
    '<h2></h2><h3><img src="/x.jpg"></h3><h4>C #</h4>': '![](https://www.gov.br/x.jpg)\n\n#### C \\#',
    '<h2>Um</h2><p>dois</p><hr><p>três</p>': '## Um\n\ndois\n\n---\n\ntrês',
    '<table><tr><th>A</th><th>B</th></tr><tr><td>1 | 2 | 3</td><td></td></tr></table>':
      '| A | B |\n| --- | --- |\n| 1 \\| 2 \\| 3 |  |',
    '<table><tr><td><p>leiaute</p></td></tr><tr><td><p>antigo</p></td></tr></table>': 'leiaute\n\nantigo',
  });
});

test('every text of a table stays in its column', () => {
  check({
    '<table><tr><th>Dia</th><th>Sala</th></tr><tr><td rowspan="2">1</td><td>A</td></tr><tr><td>B</td></tr></table>':
      '| Dia | Sala |\n| --- | --- |\n| 1 | A |\n|  | B |',
    '<table><tr><td colspan="3">T</td></tr><tr><td colspan="2">a</td><td>b</td></tr></table>':
      '| T |  |  |\n| --- | --- | --- |\n| a |  | b |',
    '<table><tr><td>a</td></tr><tr><td>b</td><td>c</td></tr></table>': '| a |  |\n| --- | --- |\n| b | c |',
    '<table><caption>Resumo</caption><thead><tr><th>A</th><th>B</th></tr></thead><tr><td>c</td><td>d</td></tr></table>':
      'Resumo\n\n| A | B |\n| --- | --- |\n| c | d |',
  });
});

test('tables that are there for the looks are read as text', () => {
  check({
    '<table><tr><td><img src="/a.jpg"></td><td><p>um</p><p>dois</p></td></tr></table>':
      '![](https://www.gov.br/a.jpg)\n\num\n\ndois',
    '<table><tr><td><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table></td><td>e</td></tr><tr><td>f</td></tr></table>':
      '| a | b |\n| --- | --- |\n| c | d |\n\ne\n\nf',
    '<table>solto<tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>': 'solto\n\na\n\nb\n\nc\n\nd',
  });
});

test('links and pictures are absolute, and only those that lead somewhere', () => {
  check({
    '<p><a href="../x (1).pdf">x</a></p>': '[x](https://www.gov.br/mec/pt-br/x%20%281%29.pdf)',
    '<p><a href="mailto:a_b@gov.br">a_b@gov.br</a></p>': '[a_b@gov.br](mailto:a_b@gov.br)',
    '<p><a href="mailto:a@gov.br (b)">a</a></p>': '[a](mailto:a@gov.br%20%28b%29)',
    '<p>Venha!<a href="/x">a ] b</a> <a href="/y|z">[PDF]</a></p>':
      'Venha\\![a \\] b](https://www.gov.br/x) [\\[PDF\\]](https://www.gov.br/y%7Cz)',
    '<p><a href="/x">um<br>dois</a><a href="/x"> três</a></p>': '[um dois três](https://www.gov.br/x)',
    '<dl class="captioned"><dt><a href="f/image_view"><img src="f/@@images/1.jpeg" alt="F"></a></dt><dd>Foto: Ana</dd></dl>':
      '[![F](https://www.gov.br/mec/pt-br/noticias/f/@@images/1.jpeg)](https://www.gov.br/mec/pt-br/noticias/f/image_view)\n\nFoto: Ana',
    '<p><a href="javascript:alert(1)">a</a> <a name="b">b</a> <a href="http://[">c</a><a href="/d"></a></p>': 'a b c',
    '<p><img src="resolveuid/1/@@images/image" alt="Foto [1]"></p>':
      '![Foto 1](https://www.gov.br/mec/pt-br/noticias/resolveuid/1/@@images/image)',
    '<p><img src="data:image/gif;base64,x"><img src="p.gif" width="1"><img src="/loading_v2.gif"></p>': '',
    '<p><img src="/loading_v2.gif" data-echo="/real.jpg"><noscript><img src="/real.jpg"></noscript></p>':
      '![](https://www.gov.br/real.jpg)',
    '<p><img src="/loading_v2.gif"><noscript><img src="/real.jpg"></noscript></p>': '![](https://www.gov.br/real.jpg)',
  });
});

test('a link that stays on its page is its text', () => {
  check({
    '<p><a href="#">um</a> <a href=" #topo">dois</a> <a href="">três</a></p>': 'um dois três',
    [`<p><a href="${url}#nota1">[1]</a> <a href="${url}/#a">a</a> <a href="${url}">aqui</a></p>`]: `[1] a [aqui](${url})`,
    '<p><a href="#"><img src="/a.jpg"></a></p>': '![](https://www.gov.br/a.jpg)',
    '<p><a href="/outra#nota">um</a></p>': '[um](https://www.gov.br/outra#nota)',
  });
});

test('what no reader is shown is not in the text, what a click opens is', () => {
  check({
    '<p hidden>a</p><div style="color: red; display:none"><p>b</p></div><p style="visibility: hidden">c</p><p>um</p>':
      'um',
    '<div class="modal fade" aria-hidden="true"><p>a</p></div><div class="hiddenStructure">b</div><p>um</p>': 'um',
    '<p>um <span class="sr-only">a</span><span class="visually-hidden">b</span>dois</p>': 'um dois',
    '<h3>Pergunta</h3><div class="panel-collapse collapse" style="display: none"><p>Resposta</p></div>':
      '### Pergunta\n\nResposta',
    '<div class="accordion-collapse" hidden>um</div><p aria-hidden="true">dois</p><p style="display: inline">três</p>':
      'um\n\ndois\n\ntrês',
  });
});

test('nothing that runs in a browser is left', () => {
  check({
    '<script>alert(1)</script><style>p{}</style><p onclick="x()">um</p><iframe src="/x"></iframe><video><source src="/v.mp4">Sem vídeo</video><audio>Sem áudio</audio><svg><a href="/x">s</a></svg>':
      'um',
    '<p>o código &lt;script&gt;alert(1)&lt;/script&gt;, 3 &lt; 5 &amp;amp;</p>':
      'o código \\<script>alert(1)\\</script>, 3 < 5 \\&amp;',
    '<p><img src="x" alt="&quot;><script>"></p>': '!["script](https://www.gov.br/mec/pt-br/noticias/x)',
  });
});

test('only what Markdown would read as syntax is escaped', () => {
  check({
    '<p>R$ 1.000 * 2, em 2025. A meta - b # c a_b</p>': 'R$ 1.000 * 2, em 2025. A meta - b # c a_b',
    '<p><b>BRASÍLIA</b> - O ministro</p>': '**BRASÍLIA** - O ministro',
    '<p>* nota</p><p>[1]: http://x</p><p>#hashtag #BR</p><p>-- x</p><p>+55 61</p>':
      '\\* nota\n\n\\[1]: http://x\n\n#hashtag #BR\n\n-- x\n\n+55 61',
    '<p>um<br>---<br>1. dois</p>': 'um  \n\\---  \n1\\. dois',
    '<p>2025. Foi o ano</p><p>- Não.</p><p># x</p><p>+ x</p><p>&gt; x</p><p>===</p>':
      '2025\\. Foi o ano\n\n\\- Não.\n\n\\# x\n\n\\+ x\n\n\\> x\n\n\\===',
    '<p>*nota* _x_ [a](b) `c` ~~d~~ e\\f</p>': '\\*nota\\* \\_x\\_ [a\\](b) \\`c\\` \\~~d\\~~ e\\\\f',
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
    p.repeat(5_000),
    `<table>${'<tr><td>a b</td><td>c d</td></tr>'.repeat(11_000)}</table>`,
    `<p>${'um <b>dois</b><br>'.repeat(14_000)}</p>`,
    `<p>${'.'.repeat(900_000)}</p>`,
    `<p>${'['.repeat(900_000)}</p>`,
    `${'<ul><li>'.repeat(250)}x`,
    `${'<ul><li>x'.repeat(200)}${'y<br>'.repeat(29_000)}`,
    `${'<blockquote>'.repeat(500)}${'y<br>'.repeat(29_000)}`,
    `${'<div>'.repeat(500)}${'<p>x</p>'.repeat(29_000)}`,
    `<ul><li>${'x<p>'.repeat(29_000)}`,
    `<p>${'<sup>2'.repeat(250)}${'x'.repeat(900_000)}`,
    `<p>${'<a href="/x">!</a>'.repeat(29_000)}`,
    `<table><tr>${'<td rowspan=1000 colspan=1000>x</td>'.repeat(1000)}</tr>${'<tr><td>x'.repeat(18_000)}</table>`,
    `${'<table><tr><td>'.repeat(160)}${'x<b>y</b> '.repeat(14_000)}`,
  ];
  for (const body of bodies) {
    const cpuSeconds = startCpuClock();
    convert(body);
    assertCpuSeconds(cpuSeconds(), hostileInputSeconds, body.slice(0, 40));
  }
});

test('a text that is too long, or made of too many pieces, is refused before it costs more than a moment', () => {
  for (const body of [
    'x'.repeat(1_000_001),
    `${'<i></i>'.repeat(80_001)}`,
    'x<i></i>'.repeat(40_001),
    '<!---->'.repeat(80_001),
  ]) {
    assert.throws(() => convert(body), PageLimitError, body.slice(0, 20));
  }
  assert.equal(convert('&amp;'.repeat(200_000)).length, 200_000, 'escaped characters are one text');
});

test('lines of the source are lines of the text only so far', () => {
  assert.equal(convert('<pre>a\nb</pre>'), 'a  \nb');
  assert.equal(convert(`<pre>${'a\n'.repeat(30_000)}</pre>`).split('\n').length, 1);
  const cpuSeconds = startCpuClock();
  convert(`<pre>${`${'a\n'.repeat(15_000)}<i></i>`.repeat(30)}</pre>`);
  assertCpuSeconds(cpuSeconds(), hostileInputSeconds, 'the body');
});

test('what is syntax only together with the next piece of a line is escaped, too', () => {
  check({
    '<p>[a]<i>(javascript:alert(1))</i>b</p>': '[a\\](javascript:alert(1))b',
    '<p>&lt;<i>script</i>x&gt;</p>': '\\<scriptx>',
    '<p>&lt;<img src="/a.jpg"></p>': '\\<![](https://www.gov.br/a.jpg)',
    '<p>[PDF] e 3 &lt; <b>5</b></p>': '[PDF] e 3 < **5**',
  });
});
