import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agenciaBrasil } from '../../../../functions/scrape/extractors/agencia-brasil.ts';
import { tvBrasil } from '../../../../functions/scrape/extractors/tv-brasil.ts';
import { page } from './markup.ts';

const agencyUrl = 'https://agenciabrasil.ebc.com.br/geral/noticia/2026-01/chuva';
const tvUrl = 'https://tvbrasil.ebc.com.br/reporter-brasil/2026/02/rios';

function agencyImage(figures: string): string | null {
  const body = `<h1 class="titulo-materia">Chuva</h1><div class="conteudo-noticia"><p>Texto.</p></div>${figures}`;
  return agenciaBrasil.parseArticle(page(body, agencyUrl), agencyUrl).imageUrl;
}

test('the picture of Agência Brasil is that of its first figure, however it is loaded', () => {
  const late = '<figure><img data-echo="/a.jpg" src="/loading_v2.gif"><noscript><img src="/b.jpg"></noscript></figure>';
  assert.equal(agencyImage(late), 'https://agenciabrasil.ebc.com.br/a.jpg');
  const unscripted = '<figure><img src="/loading_v2.gif"><noscript><img src="/b.jpg"></noscript></figure>';
  assert.equal(agencyImage(unscripted), 'https://agenciabrasil.ebc.com.br/b.jpg');
  const direct = '<figure><img src="/c.jpg"></figure>';
  assert.equal(agencyImage(direct + late), 'https://agenciabrasil.ebc.com.br/c.jpg', 'related stories come later');
  assert.equal(agencyImage('<figure><img src="/loading_v2.gif"></figure>'), null);
});

test('a listing of EBC leaves out links to its other sites and counts them', () => {
  const links = `<a class="capa-noticia" href="http://agenciabrasil.ebc.com.br/geral/noticia/x">X</a>
    <a class="capa-noticia" href="https://radios.ebc.com.br/noticia/y">Y</a>`;
  const { items, entryCount } = agenciaBrasil.parseListing(page(links, 'https://agenciabrasil.ebc.com.br/ultimas'));
  assert.deepEqual(
    items.map(({ url }) => url),
    ['http://agenciabrasil.ebc.com.br/geral/noticia/x'],
  );
  assert.equal(entryCount, 2);
});

test('title and date of TV Brasil are those of the article, not of the page head', () => {
  const body = `<header><h1>TV Brasil</h1><h5>Desde 02/12/2007</h5></header>
    <article><h4 class="txtNoticias">Repórter Brasil</h4><h1>Rios</h1><h5>No AR em 02/02/2026 - 23:00</h5><p>Texto.</p>
    <p>*Restrição de uso do vídeo</p><video><source type="video/mp4" src="/v.mp4">Sem suporte</video></article>`;
  const { title, published, editorialLead, content, videoUrl } = tvBrasil.parseArticle(page(body, tvUrl), tvUrl);
  assert.deepEqual(
    { title, editorialLead, content, videoUrl, instant: published?.instant.toISOString() },
    {
      title: 'Rios',
      editorialLead: 'Repórter Brasil',
      content: 'Texto.',
      videoUrl: 'https://tvbrasil.ebc.com.br/v.mp4',
      instant: '2026-02-03T02:00:00.000Z',
    },
  );
});

test('what an article of Agência Brasil says of other news is none of its text or tags', () => {
  const links = '<a href="/geral/noticia/a">Rio sobe</a>';
  const boxes = [
    `<p><strong>Notícias relacionadas:</strong></p><ul><li>${links}.</li><li><a href="/b">Rio desce</a></li></ul>`,
    `<div class="caixa"><h3>Notícias relacionadas</h3><p>${links}</p><p><a href="/b">Rio desce</a></p></div>`,
    `<p><b>Notícia relacionada</b>: ${links}</p>`,
    `<div><h3>Notícias relacionadas:</h3></div><div><a href="/a"><img src="/a.jpg"></a>${links}</div>`,
    '<p><a href="https://radioagencianacional.ebc.com.br/a">Ouça na Radioagência Nacional</a></p>',
    '<p><strong>Ouça na Radioagência Nacional:</strong></p>',
  ];
  for (const box of boxes) {
    const body = `<nav><a href="/tags/do-site">Do site</a></nav><article><h1 class="titulo-materia">Chuva</h1>
      <div class="conteudo-noticia"><p>Um &lt;b&gt; “ção”.</p>${box}<p>Dois.</p></div>
      <a href="/tags/sul">Sul</a></article><article><a href="/tags/outra">Outra</a></article>
      <div><a href="/tags/do-lado">Do lado</a></div>`;
    const { content, tags } = agenciaBrasil.parseArticle(page(body, agencyUrl), agencyUrl);
    assert.deepEqual([content, tags], ['Um \\<b> “ção”.\n\nDois.', ['Sul']], box);
  }
});

test('sentences about related news or the radio stay, and so do lists without links', () => {
  const texts = [
    '<p>Notícias relacionadas: o dia em que choveu.</p>',
    '<p><b>Notícias relacionadas:</b> o dia em que ventou.</p>',
    '<p>Ouça na Radioagência Nacional a entrevista.</p>',
    '<p>Notícias relacionadas:</p><p><a href="/foto"><img src="/foto.jpg" alt="Foto"></a></p>',
    '<p>Veja:</p><ul><li><a href="/a">Lista</a></li></ul>',
  ];
  const body = `<h1 class="titulo-materia">Chuva</h1><div class="conteudo-noticia">${texts.join('')}</div>
    <aside><a href="/tags/do-lado">Do lado</a></aside><div><a href="/tags/sul">Sul</a></div>`;
  const { content, tags } = agenciaBrasil.parseArticle(page(body, agencyUrl), agencyUrl);
  assert.match(
    content,
    /^Notícias relacionadas: o dia.*\n\n\*\*Notícias relacionadas:\*\* o dia.*\n\nOuça na .*\n\n\[!\[Foto\].*\n\nVeja:\n\n- \[Lista\]/,
  );
  assert.deepEqual(tags, ['Sul'], 'a page without an article');
});

test('a related item of TV Brasil beside or within the article does not join it', () => {
  const related = '<article><h3>Outra</h3><p>Outro texto.</p><a href="/tags/outra">Outra</a></article>';
  const body = `<header><h1>TV Brasil</h1></header><a href="/tags/do-site">Do site</a>
    <article><h1>Rios</h1><p>Texto.</p>${related}<p>Fim.</p><a href="/tags/rios">Rios</a></article>${related}`;
  const { title, content, tags } = tvBrasil.parseArticle(page(body, tvUrl), tvUrl);
  assert.deepEqual([title, content, tags], ['Rios', 'Texto.\n\nFim.', ['Rios']]);
});
