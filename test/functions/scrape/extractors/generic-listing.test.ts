import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageLimitError } from '../../../../functions/scrape/errors.ts';
import { generic } from '../../../../functions/scrape/extractors/generic/generic.ts';

const url = 'https://portal.exemplo.gov.br/noticias';
const listing = (body: string, contentType = 'text/html') => generic.parseListing({ url, contentType, body });
const rows = (body: string, contentType?: string) =>
  listing(body, contentType).items.map(({ url: address, title, date }) => [
    new URL(address).pathname + new URL(address).search,
    title,
    date?.instant.toISOString() ?? null,
  ]);

const menu = `<ul class="menu"><li><a href="/acesso-a-informacao">Acesso à informação pública</a></li>
  <li><a href="/participacao">Participação social e audiências</a></li><li><a href="/servicos">Serviços</a></li></ul>`;

test('finds the entries of a blog: one for each article, its date, no menu, tags or other sites', () => {
  const entry = (id: number) => `<article class="post post-${id}"><a href="/n/${id}"><img src="/${id}.jpg"></a>
    <h2 class="entry-title"><a href="/n/${id}/#more">Notícia de número ${id}</a></h2>
    <time datetime="2024-03-1${id}T10:00:00-03:00">há pouco</time>
    <p>Resumo que fala de <a href="/tag/ponte">uma ponte qualquer da região</a></p><a href="/n/${id}/">Leia mais</a></article>`;
  const body = `<header>${menu}</header><main>${[1, 2, 3].map(entry).join('')}</main>
    <aside><h3><a href="/popular">Uma notícia popular de outro dia</a></h3></aside>
    <p><a href="https://outro.example/x">Uma notícia comprida de um outro site qualquer</a></p>
    <a href="/noticias?page=2">Próxima</a>`;
  assert.deepEqual(rows(body), [
    ['/n/1/', 'Notícia de número 1', '2024-03-11T13:00:00.000Z'],
    ['/n/2/', 'Notícia de número 2', '2024-03-12T13:00:00.000Z'],
    ['/n/3/', 'Notícia de número 3', '2024-03-13T13:00:00.000Z'],
  ]);
  assert.equal(listing(body).entryCount, 3);
  assert.equal(listing(body).isLast, true);
});

test('finds rows of a table, lists of dates and links in turn, and addresses that differ in parameters only', () => {
  const table = `${menu}<table>${[1, 2]
    .map(
      (id) =>
        `<tr><td>0${id}/02/2024</td><td><a href="?id=${id}">Ministro assina o acordo de número ${id}</a></td></tr>`,
    )
    .join('')}</table>`;
  assert.deepEqual(rows(table), [
    ['/noticias?id=1', 'Ministro assina o acordo de número 1', '2024-02-01T03:00:00.000Z'],
    ['/noticias?id=2', 'Ministro assina o acordo de número 2', '2024-02-02T03:00:00.000Z'],
  ]);
  const turns = `${menu}<div>${[1, 2]
    .map(
      (id) =>
        `<span>0${id} de fevereiro de 2024</span> <a href="/a/${id}">Ministro assina o acordo de número ${id}</a><br>`,
    )
    .join('')}</div>`;
  assert.deepEqual(
    rows(turns).map(([path, , date]) => [path, date]),
    [
      ['/a/1', '2024-02-01T03:00:00.000Z'],
      ['/a/2', '2024-02-02T03:00:00.000Z'],
    ],
  );
});

test('a date in a headline is not the date of the article', () => {
  const entry = (id: number) =>
    `<li><h3><a href="/${id}/x">Concurso de 10/10/2010 tem o resultado ${id}</a></h3><span>0${id}/02/2024</span></li>`;
  assert.equal(rows(`<ul>${entry(1)}${entry(2)}</ul>`)[1]?.[2], '2024-02-02T03:00:00.000Z');
});

test('lists nothing where only a menu stands, and nothing of an empty page', () => {
  for (const body of ['', menu, '<p>texto</p>', `<a href="javascript:x">Um texto de link comprido demais</a>`]) {
    assert.deepEqual(listing(body), { items: [], entryCount: 0, isLast: true });
  }
});

test('reads RSS whatever the server calls it', () => {
  const body = `<?xml version="1.0" encoding="UTF-8"?><!-- feed --><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
    <title>Portal</title><link>https://portal.exemplo.gov.br</link><image><title>Logo</title><link>/logo</link></image>
    <item><title><![CDATA[Ponte &amp; balsa: <b>R$ 15</b> milhões]]></title><link>https://portal.exemplo.gov.br/n/1?a=1&amp;b=2</link>
      <pubDate>Tue, 12 Mar 2024 10:00:00 -0300</pubDate><category>Obras</category><category><![CDATA[Pontes]]></category><category>obras</category>
      <description>&lt;p&gt;Texto&lt;/p&gt;</description><media:group><title>não este</title></media:group></item>
    <item><title>Sem link próprio</title><guid>https://portal.exemplo.gov.br/n/2</guid><dc:date>2024-03-11</dc:date></item>
    <item><title>Sem endereço</title><guid isPermaLink="false">7</guid></item></channel></rss>`;
  for (const type of ['application/rss+xml', 'text/html']) {
    const { items, entryCount, isLast } = listing(body, type);
    assert.deepEqual(items, [
      {
        url: 'https://portal.exemplo.gov.br/n/1?a=1&b=2',
        title: 'Ponte & balsa: R$ 15 milhões',
        date: { instant: new Date('2024-03-12T13:00:00Z'), hasTime: true },
        category: 'Obras',
        tags: ['Pontes'],
      },
      {
        url: 'https://portal.exemplo.gov.br/n/2',
        title: 'Sem link próprio',
        date: { instant: new Date('2024-03-11T03:00:00Z'), hasTime: false },
        category: null,
        tags: [],
      },
    ]);
    assert.deepEqual([entryCount, isLast], [3, true]);
  }
});

test('reads Atom and RDF', () => {
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Portal</title><link href="/" /><updated>2024-03-13T00:00:00Z</updated>
    <entry><title type="html">Ponte &lt;i&gt;aberta&lt;/i&gt;</title><link rel="edit" href="/edit/1"/><link href="/n/1"/>
    <id>urn:1</id><updated>2024-03-12T12:00:00Z</updated><published>2024-03-12T10:00:00Z</published><category term="obras" label="Obras"/></entry></feed>`;
  assert.deepEqual(rows(atom), [['/n/1', 'Ponte aberta', '2024-03-12T10:00:00.000Z']]);
  assert.equal(listing(atom).items[0]?.category, 'Obras');
  const rdf = `<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel><title>P</title></channel>
    <item rdf:about="/n/1"><title>Ponte</title><link>/n/1</link><dc:date>2024-03-12T07:00:00-03:00</dc:date></item></rdf:RDF>`;
  assert.deepEqual(rows(rdf), [['/n/1', 'Ponte', '2024-03-12T10:00:00.000Z']]);
});

test('a damaged feed yields what is whole; one nested too deep is refused', () => {
  assert.equal(listing('<rss><channel><item><title>a</title><link>/a</link></item><item><title>b').entryCount, 2);
  assert.throws(() => listing(`<rss>${'<item>'.repeat(500_000)}`), PageLimitError);
  assert.throws(() => listing(`<rss>${' '.repeat(3_000_001)}`), PageLimitError);
});

test('a source has one page, at its own address', () => {
  assert.equal(generic.listingUrl(url, { pageCount: 0, entryCount: 0 }), url);
  assert.equal(generic.articleUrl(url), url);
});
