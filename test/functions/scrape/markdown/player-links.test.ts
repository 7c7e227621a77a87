import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agenciaBrasil } from '../../../../functions/scrape/extractors/agencia-brasil.ts';
import { classic } from '../../../../functions/scrape/extractors/classic.ts';
import type { Extractor } from '../../../../functions/scrape/extractors/extractor.ts';
import { generic } from '../../../../functions/scrape/extractors/generic/generic.ts';
import { tvBrasil } from '../../../../functions/scrape/extractors/tv-brasil.ts';
import { volto } from '../../../../functions/scrape/extractors/volto.ts';
import { cleanMarkdown } from '../../../../functions/scrape/markdown/clean-markdown.ts';
import { playerLink } from '../../../../functions/scrape/markdown/player-links.ts';
import { page } from '../extractors/markup.ts';

const url = 'https://www.gov.br/mec/pt-br/noticias/a';
const player = '<iframe src="https://www.youtube-nocookie.com/embed/abcdefghij_?rel=0"></iframe>';
const link = '[Vídeo no YouTube](https://www.youtube.com/watch?v=abcdefghij_)';

test('a player is known by its address, and leads to what it shows', () => {
  const expected: Record<string, string | null> = {
    'https://www.youtube.com/embed/abcdefghijk?autoplay=1': 'https://www.youtube.com/watch?v=abcdefghijk',
    '//youtube.com/embed/abcdefghijk': 'https://www.youtube.com/watch?v=abcdefghijk',
    'http://www.youtube.com/v/abcdefghijk&hl=pt': 'https://www.youtube.com/watch?v=abcdefghijk',
    'https://youtu.be/abcdefghijk?t=3': 'https://www.youtube.com/watch?v=abcdefghijk',
    'https://www.youtube.com/watch?v=abcdefghijk&t=3': 'https://www.youtube.com/watch?v=abcdefghijk',
    'https://www.youtube.com/embed/videoseries?list=PL12': 'https://www.youtube.com/playlist?list=PL12',
    'https://www.youtube.com/embed/live_stream?channel=UC12': 'https://www.youtube.com/channel/UC12/live',
    'https://player.vimeo.com/video/123?h=ab1': 'https://vimeo.com/123/ab1',
    'https://vimeo.com/123': 'https://vimeo.com/123',
    'https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fmec%2Fvideos%2F1%2F&width=500':
      'https://www.facebook.com/mec/videos/1/',
    'https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/mec/a': 'https://soundcloud.com/mec/a',
    'https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1':
      'https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/1',
    'https://open.spotify.com/embed/episode/1aB?si=x': 'https://open.spotify.com/episode/1aB',
    'https://play.ebc.com.br/embed/123': 'https://play.ebc.com.br/embed/123',
    'https://www.youtube.com/': null,
    'https://www.youtube.com/embed/"><script>': null,
    'https://www.youtube.com.evil.example/embed/abcdefghijk': null,
    'https://user@www.youtube.com/embed/abcdefghijk': null,
    'javascript:alert(1)//www.youtube.com/embed/abcdefghijk': null,
    'https://www.facebook.com/plugins/video.php?href=javascript:alert(1)': null,
    'https://www.facebook.com/plugins/page.php?href=https%3A%2F%2Fwww.facebook.com%2Fmec': null,
    'https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fevil.example%2F': null,
    'https://w.soundcloud.com/player/': null,
    'https://agenciabrasil.ebc.com.br/geral/noticia/a': null,
    'https://www.google.com/maps/embed?pb=1': null,
    '': null,
  };
  for (const [address, shown] of Object.entries(expected)) {
    assert.equal(playerLink(address, url)?.url ?? null, shown, address);
  }
});

const read = (extractor: Extractor, body: string) => extractor.parseArticle(page(body, url), url).content;
const document = (...blocks: object[]) => JSON.stringify({ title: 'Título', blocks: { ...blocks } });
const classicBody = (text: string) =>
  `<div id="content"><h1 class="documentFirstHeading">Título</h1><div id="content-core">${text}</div></div>`;
const agencyBody = (text: string) =>
  `<h1 class="titulo-materia">Título</h1><div class="conteudo-noticia">${text}</div>`;
const story =
  '<p>A ponte foi aberta ao tráfego nesta manhã, depois de dois anos de obras, e recebe carros e ônibus.</p>'.repeat(5);

test('an article of every engine that is only a film is an article', () => {
  const pages: [Extractor, string][] = [
    [classic, classicBody(`<div id="parent-fieldname-text"><p>${player}</p></div>`)],
    [classic, classicBody(`<p><iframe data-src="//youtu.be/abcdefghij_"></iframe></p>`)],
    [agenciaBrasil, agencyBody(`<div>${player}</div>`)],
    [tvBrasil, `<article><h1>Título</h1><div>${player}</div></article>`],
    [volto, document({ '@type': 'html', html: player })],
    [volto, document({ '@type': 'video', url: 'https://youtu.be/abcdefghij_' })],
    [
      volto,
      document({ '@type': 'gridBlock', blocks: { a: { '@type': 'embed', src: 'https://youtu.be/abcdefghij_' } } }),
    ],
    [generic, `<title>Um título da página</title><main><h1>Um título da página</h1><div>${player}</div></main>`],
  ];
  for (const [extractor, body] of pages) {
    const content = read(extractor, body);
    assert.equal(content, link, `${extractor.platform} ${body}`);
    assert.equal(cleanMarkdown(content, { title: 'Título', subtitle: null, editorialLead: null }), content);
  }
});

test('a film among a text is a paragraph in its place', () => {
  const text = `<p>Um.</p><p>Dois ${player} três</p><h2>Veja ${player}</h2><ul><li>a ${player}</li></ul><p><a href="/x">b${player}</a></p>`;
  const expected = `Um.\n\nDois\n\n${link}\n\ntrês\n\n## Veja ${link}\n\n- a  \n    ${link}\n\n[b](https://www.gov.br/x) ${link}`;
  assert.equal(read(classic, classicBody(text)), expected);
  assert.equal(read(agenciaBrasil, agencyBody(text)), expected);
  assert.equal(read(volto, document({ '@type': 'html', html: text })), expected);
  assert.equal(
    read(tvBrasil, `<article><h1>T</h1><p>Um.</p>${player}<p>Dois.</p></article>`),
    `Um.\n\n${link}\n\nDois.`,
  );
  const unknown = `<title>Um título</title><main><h1>Um título</h1><div>${story}<div class="video">${player}</div>${story}</div></main>`;
  const paragraphs = read(generic, unknown).split('\n\n');
  assert.deepEqual([paragraphs.length, paragraphs.indexOf(link)], [11, 5]);
});

test('other frames are none of the text, and no article', () => {
  const others =
    '<iframe src="https://www.google.com/maps/embed?pb=1"></iframe><iframe src="javascript:alert(1)"></iframe>';
  assert.equal(read(classic, classicBody(`<p>Um.</p>${others}`)), 'Um.');
  for (const [extractor, body] of [
    [classic, classicBody(others)],
    [agenciaBrasil, agencyBody(others)],
    [volto, document({ '@type': 'video', url: 'https://evil.example/a' })],
  ] as const) {
    assert.throws(() => read(extractor, body), { name: 'ExtractionError', field: 'content' });
  }
});
