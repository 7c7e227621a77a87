import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHtml } from '../../../../functions/scrape/html.ts';
import { toMarkdown } from '../../../../functions/scrape/markdown/markdown.ts';

const url = 'https://www.gov.br/mec/pt-br/noticias/artigo';

function convert(html: string): string {
  return toMarkdown(parseHtml(`<p>Um.</p>${html}<p>Dois.</p>`, url).root().contents().toArray(), url);
}

const instagram = '[Publicação no Instagram](https://www.instagram.com/p/Ab-1_/)';
const credit = '<p>Uma publicação compartilhada por <a href="https://www.instagram.com/mec/">MEC</a> (@mec)</p>';

test('the box of a post that a script fills is a line with its link', () => {
  const placeholder =
    '<div><a href="https://www.instagram.com/p/Ab-1_/?utm_source=ig_embed"><div>Ver essa foto no Instagram</div></a></div>';
  const facebook = 'https://www.facebook.com/mec/posts/1';
  for (const [box, link] of [
    [
      `<blockquote class="instagram-media" data-instgrm-permalink="https://www.instagram.com/p/Ab-1_/?utm_source=x"><div><div>Ver essa foto no Instagram</div>${credit}</div></blockquote>`,
      instagram,
    ],
    [`<blockquote class="instagram-media">${placeholder}${credit}</blockquote>`, instagram],
    [`<blockquote>${placeholder}${credit}</blockquote>`, instagram],
    ['<iframe src="https://www.instagram.com/mec/p/Ab-1_/embed/captioned/"></iframe>', instagram],
    [
      `<div class="fb-post" data-href="${facebook}"><blockquote><p>Texto</p>Publicado por MEC</blockquote></div>`,
      `[Publicação no Facebook](${facebook})`,
    ],
    [
      `<iframe src="https://www.facebook.com/plugins/post.php?href=${encodeURIComponent(facebook)}&width=500"></iframe>`,
      `[Publicação no Facebook](${facebook})`,
    ],
    [
      '<iframe src="https://platform.twitter.com/embed/Tweet.html?id=123"></iframe>',
      '[Publicação no X](https://x.com/i/web/status/123)',
    ],
  ] as const) {
    assert.equal(convert(`${box}<script src="//www.instagram.com/embed.js"></script>`), `Um.\n\n${link}\n\nDois.`, box);
  }
});

test('the words of a post on X stay, its name and date are its link', () => {
  const end = '&mdash; MEC (@mec) <a href="https://twitter.com/mec/status/123?ref_src=x">5 de março de 2024</a>';
  const words = 'Vagas abertas! <a href="https://twitter.com/inep/status/9">Veja</a>';
  const link = '[Publicação no X](https://x.com/mec/status/123)';
  assert.equal(
    convert(`<blockquote class="twitter-tweet"><p lang="pt">${words}</p>${end}</blockquote>`),
    `Um.\n\n> Vagas abertas! [Veja](https://twitter.com/inep/status/9)\n\n${link}\n\nDois.`,
  );
  assert.match(
    convert(`<blockquote class="twitter-tweet">Vagas abertas! ${end}</blockquote>`),
    /> Vagas abertas! — MEC/,
  );
});

test('a quotation stays one, whatever it links to or says', () => {
  const quotations: Record<string, string> = {
    '<blockquote><p>A <a href="https://www.instagram.com/p/Ab-1_/">foto</a> correu o país.</p></blockquote>':
      '> A [foto](https://www.instagram.com/p/Ab-1_/) correu o país.',
    '<blockquote class="instagram-media"><p>Texto</p></blockquote>': '> Texto',
    '<blockquote class="twitter-tweet"><p>Texto</p>fim</blockquote>': '> Texto\n>\n> fim',
    '<div class="fb-post" data-href="javascript:x()">Texto</div>': 'Texto',
  };
  for (const [html, markdown] of Object.entries(quotations)) {
    assert.equal(convert(html), `Um.\n\n${markdown}\n\nDois.`, html);
  }
});
