import assert from 'node:assert/strict';
import { test } from 'node:test';
import { volto } from '../../../../functions/scrape/extractors/volto.ts';
import { page } from './markup.ts';

const url = 'https://www.gov.br/anvisa/pt-br/noticias/a';

type Json = Record<string, unknown>;

/** Blocks whose keys sort the other way round than their layout. */
function layout(...blocks: Json[]): Json {
  const ids = blocks.map((_, index) => String(99 - index));
  return {
    blocks: Object.fromEntries(blocks.map((block, index) => [ids[index], block])),
    blocks_layout: { items: ids },
  };
}

function article(fields: Json) {
  const document = { title: 'Título', effective: '2026-01-06T18:54:27+00:00', ...fields };
  return volto.parseArticle(page(JSON.stringify(document), url), url);
}

const slate = (text: string) => ({ '@type': 'slate', value: [{ type: 'p', children: [{ text }] }] });
const html = (markup: string) => ({ '@type': 'html', html: markup });

test('what one block leaves open does not swallow the next', () => {
  for (const open of ['<p>um <!-- nota', '<div><ul><li>um', '<p>um<script>', '<p>um<style>p{']) {
    const { content } = article(layout(html(open), slate('dois'), html('<p>três</p>')));
    assert.match(content, /um\n\ndois\n\ntrês$/, open);
  }
});

test('blocks within blocks and rich texts of any type are read, frame is not', () => {
  const { content } = article(
    layout(
      { '@type': 'title' },
      { '@type': 'dateSocialShareBlock', fixed: true },
      { '@type': 'quote', value: [{ type: 'p', children: [{ text: 'citação' }] }] },
      { '@type': 'gridBlock', ...layout(slate('coluna')) },
      {
        '@type': 'accordion',
        data: layout({ '@type': 'accordionPanel', title: 'Como pedir', ...layout(slate('resposta')) }),
      },
      { '@type': 'listing', variation: 'default' },
    ),
  );
  assert.equal(content, '> citação\n\ncoluna\n\n**Como pedir**\n\nresposta');
});

test('picture blocks point at the picture, whatever shape their address has', () => {
  const view = `${url}/f.jpg/@@images/image-800.jpeg`;
  for (const image of [
    { url: `${url}/f.jpg`, image_scales: { image: [{ download: '@@images/image-800.jpeg' }] } },
    {
      url: `${url.replace('/pt-br', '/++api++/pt-br')}/f.jpg/`,
      image_scales: [{ download: '@@images/image-800.jpeg' }],
    },
    { url: [{ '@id': `${url}/f.jpg` }], image_scales: { image: [{ download: view }] } },
    { url: view },
  ]) {
    const { content, imageUrl } = article(layout(slate('Texto.'), { '@type': 'image', alt: 'F', ...image }));
    assert.equal(content, `Texto.\n\n![F](${view})`);
    assert.equal(imageUrl, view);
  }
  const { imageUrl } = article(layout(slate('x'), { '@type': 'image', url: 'https://live.staticflickr.com/1/a.jpg' }));
  assert.equal(imageUrl, 'https://live.staticflickr.com/1/a.jpg');
});

test('a text is read in whatever shape its block holds it, and whatever the type is called', () => {
  const draft = (text: string) => ({ blocks: [{ text, type: 'unstyled' }] });
  const row = (...texts: string[]) => ({ cells: texts.map((text) => ({ value: draft(text) })) });
  const cases: [Json, string][] = [
    [{ '@type': 'table', table: { rows: [row('A', 'B'), row('1', '2')] } }, '| A | B |\n| --- | --- |\n| 1 | 2 |'],
    [{ '@type': '__grid', columns: [layout(slate('um')), layout(slate('dois'))] }, 'um\n\ndois'],
    [{ '@type': 'heading', heading: 'Etapas' }, '## Etapas'],
    [{ '@type': 'quote', quote: 'Dito.', attribution: 'Ana' }, '> Dito.\n>\n> Ana'],
    [{ '@type': 'heading', heading: 'Prazos', tag: 'h3' }, '### Prazos'],
    [{ '@type': 'heading', heading: 'Prazos', level: 4 }, '#### Prazos'],
    [
      { '@type': 'quote', value: [{ text: 'Dito.' }], author: 'Ana', source: 'Jornal' },
      '> Dito.\n>\n> Ana\n>\n> Jornal',
    ],
    [{ '@type': 'hero', title: 'Campanha', description: draft('Começa hoje.') }, '## Campanha\n\nComeça hoje.'],
    [
      {
        '@type': 'accordion',
        panels: [
          { title: 'Como?', text: 'Assim.' },
          { title: 'Onde?', ...layout(slate('Ali.')) },
        ],
      },
      '**Como?**\n\nAssim.\n\n**Onde?**\n\nAli.',
    ],
    [
      { '@type': 'tabsBlock', columns: [{ title: 'Aba', ...layout({ '@type': 'heading', heading: 'A', tag: 'h4' }) }] },
      '**Aba**\n\n#### A',
    ],
    [{ '@type': 'informacao', data: { value: [{ type: 'p', children: [{ text: 'Em data.' }] }] } }, 'Em data.'],
    [
      { '@type': 'image', url: 'https://live.staticflickr.com/a.jpg', caption: 'Ponte', credit: 'Foto: Ana' },
      '![](https://live.staticflickr.com/a.jpg)\n\nPonte\n\nFoto: Ana',
    ],
    [{ '@type': 'aviso', text: 'Aviso <b>' }, 'Aviso \\<b>'],
    [{ '@type': 'caixa', text: { data: '<p>Caixa <b>rica</b></p>' } }, 'Caixa **rica**'],
    [{ '@type': 'destaque', html: '<p>Destaque</p>' }, 'Destaque'],
    [{ '@type': 'slate', plaintext: 'Só texto' }, 'Só texto'],
    [{ '@type': 'constructor', plaintext: 'Só texto' }, 'Só texto'],
  ];
  for (const [block, content] of cases) assert.equal(article(layout(block)).content, content);
  for (const type of [
    'listing',
    'newsListing',
    'searchBlock',
    'form',
    'schemaForm',
    'teaser',
    'toc',
    'socialLinks',
    'description',
    'button',
  ]) {
    const frame = { '@type': type, text: 'x', title: 'y', value: [{ text: 'z' }] };
    assert.equal(article(layout(frame, slate('Texto.'))).content, 'Texto.', type);
  }
});

test('lists, links of both forms and marks of Slate survive', () => {
  const node = (type: string, ...children: Json[]) => ({ type, children });
  const link = (data: Json, text: string) => ({ type: 'link', data, children: [{ text }] });
  const internal = { link: { internal: { internal_link: [{ '@id': '/anvisa/y' }] } } };
  const external = { link: { external: { external_link: 'https://exemplo.br/z' } } };
  const list = node('ul', node('li', { text: 'a' }, node('ol', node('li', { text: 'b' }))), node('li', { text: 'c' }));
  const text = node('p', link(internal, 'um'), { text: ' e ' }, link(external, 'dois'), { text: ' três', bold: true });
  assert.equal(
    article(layout({ '@type': 'slate', value: [list, text] })).content,
    '- a\n    1. b\n- c\n\n[um](https://www.gov.br/anvisa/y) e [dois](https://exemplo.br/z) **três**',
  );
});

test('a text without blocks, the address of a film and that of the lead image are read', () => {
  assert.equal(article({ text: { data: '<p>Antigo.</p>' }, blocks: {} }).content, 'Antigo.');
  const film = { '@type': 'video', url: 'https://www.gov.br/anvisa/v.mp4' };
  const image = { download: `${url.replace('/pt-br', '/++api++/pt-br')}/@@images/a.png` };
  const read = article({ ...layout(film, { '@type': 'video', url: 'https://youtu.be/x' }), image });
  assert.deepEqual([read.content, read.videoUrl], ['', film.url]);
  assert.equal(read.imageUrl, `${url}/@@images/a.png`);
});

test('a date that was never set is none', () => {
  for (const effective of ['1969-12-31T00:00:00+00:00', '1969-12-30T21:00:00', null, '']) {
    assert.equal(article({ ...layout(slate('x')), effective }).published, null);
  }
});

test('the API of a site is behind its agency, if it has one', () => {
  const api = (source: string) => volto.listingUrl(source, { pageCount: 0, entryCount: 0 }).split('/@search')[0];
  assert.equal(api('https://www.gov.br/anvisa/pt-br/x/'), 'https://www.gov.br/anvisa/++api++/pt-br/x');
  assert.equal(api('https://www.gov.br/anvisa/noticias'), 'https://www.gov.br/anvisa/++api++/noticias');
  assert.equal(api('https://exemplo.gov.br/pt-br/x'), 'https://exemplo.gov.br/++api++/pt-br/x');
});

test('an item without an address or of another type is no news', () => {
  const search = (...items: Json[]) => volto.parseListing(page(JSON.stringify({ items, items_total: 9 }), url));
  const { items, entryCount, isLast } = search(
    { '@type': 'News Item', '@id': url.replace('/pt-br', '/++api++/pt-br'), title: 'A' },
    { '@type': 'News Item', title: 'B' },
    { '@type': 'Image', '@id': `${url}.png` },
  );
  assert.deepEqual([items.map((item) => item.url), entryCount, isLast], [[url], 3, false]);
});

test('an answer that is no JSON object is an error, never an empty listing', () => {
  for (const body of ['<html><title>Manutenção</title></html>', '', '[]', 'null', '{"items": {}}']) {
    assert.throws(() => volto.parseListing(page(body, url)), { name: 'UnexpectedAnswerError' }, body);
  }
});

test('what Slate nests or names otherwise keeps its form, and its words never glue', () => {
  const node = (type: string, ...children: Json[]) => ({ type, children });
  const link = { type: 'link', data: { url: 'https://exemplo.br/z' }, children: [{ text: 'aqui' }] };
  const cases: [Json[], string][] = [
    [[node('p', node('strong', { text: 'Veja ' }, link, { text: ' já' }))], '**Veja [aqui](https://exemplo.br/z) já**'],
    [[node('p', { text: 'um\ndois\r\ntrês' })], 'um  \ndois  \ntrês'],
    [
      [
        node('p', { text: 'm' }, { text: '2', sup: true }, { text: ' e ' }, node('menção', { text: 'Ana' }), {
          text: '.',
        }),
      ],
      'm² e Ana.',
    ],
    [
      [node('paragraph', { text: 'um' }), node('destaque', { text: 'dois' }), node('p', { text: 'três' })],
      'um\n\ndois\n\ntrês',
    ],
    [
      [
        node(
          'ul',
          node('li', node('lic', { text: 'a' }), node('ul', node('li', node('lic', { text: 'b' })))),
          node('li', { text: 'c' }),
        ),
      ],
      '- a\n    - b\n- c',
    ],
  ];
  for (const [value, content] of cases) assert.equal(article(layout({ '@type': 'slate', value })).content, content);
  const cell = (type: string, ...texts: string[]) => ({ type, value: texts.map((text) => node('p', { text })) });
  const rows = [
    { cells: [cell('header', 'Ano'), cell('header', 'Total')] },
    { cells: [cell('data', '2026'), cell('data', 'dez', 'mil')] },
  ];
  const { content } = article(layout({ '@type': 'slateTable', table: { rows } }));
  assert.equal(content, '| Ano | Total |\n| --- | --- |\n| 2026 | dez mil |');
});

test('the first film that is a file is the field, at any depth; other films and players are links', () => {
  const film = (name: string) => ({ '@type': 'video', url: `https://www.gov.br/anvisa/++api++/${name}.mp4` });
  const embed = '<embed src="https://www.youtube.com/v/abcdefghijk">';
  const { content, videoUrl } = article(
    layout(
      { '@type': 'gridBlock', ...layout(film('um'), slate('Texto.'), film('dois')) },
      html(`<object data="https://player.vimeo.com/video/123"></object><p>Fim.</p><object>${embed}</object>`),
      html('<video><source src="/tres.mp4"></video>'),
    ),
  );
  assert.equal(videoUrl, 'https://www.gov.br/anvisa/um.mp4');
  assert.equal(
    content,
    `Texto.

[Vídeo](https://www.gov.br/anvisa/dois.mp4)

[Vídeo no Vimeo](https://vimeo.com/123)

Fim.

[Vídeo no YouTube](https://www.youtube.com/watch?v=abcdefghijk)

[Vídeo](https://www.gov.br/tres.mp4)`,
  );
});

test('the lead image is the own one, else the preview, else the one that is linked', () => {
  const root = 'https://www.gov.br/anvisa';
  const own = { image: { download: `${root}/a.jpg` } };
  const preview = { preview_image: { download: `${root}/b.jpg` } };
  const scales = { image: [{ download: '@@images/image-800.jpeg' }] };
  const link = { preview_image_link: { '@id': `${root}/++api++/c.jpg`, image_scales: scales } };
  const imageOf = (fields: Json) => article({ ...layout(slate('x')), ...fields }).imageUrl;
  assert.equal(imageOf({ ...link, ...preview, ...own }), `${root}/a.jpg`);
  assert.equal(imageOf({ ...link, ...preview, image: { download: null } }), `${root}/b.jpg`);
  assert.equal(imageOf({ ...link, image: null }), `${root}/c.jpg/@@images/image-800.jpeg`);
  assert.equal(imageOf({ preview_image_link: { '@id': `${root}/c.jpg` } }), `${root}/c.jpg/@@images/image`);
});

test('hostile documents are read as far as they go', () => {
  const unprintable = { toString: 1, valueOf: 1 };
  const inside = { '@type': 'gridBlock', blocks: { b: slate('dois') }, blocks_layout: { items: ['a', 'b', 'b', 'a'] } };
  const items = ['a', 'a', 'c', 'missing', '__proto__', 'constructor', 7, null, unprintable, ['a']];
  const odd = { '@type': 5, value: 1, text: 2, title: 3, columns: 4, table: [], url: {}, data: 6, items: [7, [8]] };
  const blocks = { a: inside, c: slate('três'), 7: odd };
  assert.equal(article({ blocks, blocks_layout: { items } }).content, 'dois\n\ntrês');
  for (const type of ['image', 'video', 'quote', 'table', 'heading', 'hero', 'html', 'slate', 'text']) {
    const block = {
      ...odd,
      '@type': type,
      value: [{ type: 1, children: [{ text: 2 }, 3, null] }],
      html: [],
      tag: 3,
      level: unprintable,
    };
    assert.equal(article(layout(block, slate('x'))).content, 'x', type);
  }
  const title = [{ title: 1 }, { title: ['a'] }, { title: null }];
  for (const fields of title) assert.throws(() => article({ ...layout(slate('x')), ...fields }), { field: 'title' });
  for (const [open, close] of [
    ['{"@type":"gridBlock","blocks":{"a":', '}}'],
    ['{"@type":"slate","value":[{"children":[', ']}]}'],
    ['{"columns":[', ']}'],
    ['{"data":', '}'],
  ] as const) {
    const deep = `${open.repeat(10_000)}{}${close.repeat(10_000)}`;
    const body = `{"title":"T","blocks":{"a":${deep},"b":${JSON.stringify(slate('fim'))}}}`;
    assert.equal(volto.parseArticle(page(body, url), url).content, 'fim');
  }
});
