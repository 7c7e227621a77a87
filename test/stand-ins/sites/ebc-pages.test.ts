import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'cheerio';
import { parseBrazilianDate } from '../../../shared/time.ts';
import { assertInOrder, html, listed, words } from './reading.ts';
import { SAMPLE_SOURCES } from './sources.ts';

/** Article addresses of `/ultimas?page=N` until a page is empty. */
function ebcLinks(listingUrl: string, selectors: readonly string[]): string[] {
  const links: string[] = [];
  for (let page = 0; ; page += 1) {
    const $ = html(`${listingUrl}?page=${page}`);
    const found = selectors.flatMap((selector) => $(selector).toArray());
    if (found.length === 0) return links;
    links.push(...found.map((link) => new URL($(link).attr('href')!, listingUrl).href));
  }
}

test('Agência Brasil lists its articles in both markups, and its pages hold them', () => {
  const source = SAMPLE_SOURCES.find(({ layout }) => layout === 'agencia-brasil')!;
  const selectors = ['a.capa-noticia[href*="/noticia/"]', '#view-ultimas-noticias-ajax .ultima_isotope a[title]'];
  const links = ebcLinks(source.listingUrl, selectors);
  assert.deepEqual(
    links.toSorted(),
    listed(source)
      .map(({ url }) => url)
      .toSorted(),
  );
  for (const article of listed(source)) {
    const $ = html(article.url);
    assertInOrder(words($('div.conteudo-noticia').html()!), article);
    assert.equal($('h1.titulo-materia').text(), article.title);
    assert.equal($('div.linha-fina-noticia').text(), article.subtitle);
    assert.deepEqual(parseBrazilianDate($('div.data').text())?.instant, article.publishedAt);
    const image = $('figure img').attr('data-echo') ?? load($('figure noscript').html() ?? '')('img').attr('src');
    assert.equal(image ?? null, article.imageUrl);
    const tags = $('a[href*="/tags/"]')
      .toArray()
      .map((link) => $(link).text().trim());
    assert.deepEqual(tags.filter(Boolean), article.tags);
    assert.equal($('div.conteudo-noticia img[src*="ebc.png?id="]').length, 1);
  }
});

test('TV Brasil lists its articles, and its pages hold them', () => {
  const source = SAMPLE_SOURCES.find(({ layout }) => layout === 'tv-brasil')!;
  const links = ebcLinks(source.listingUrl, ['div.view-ultimas h3.heading a']);
  assert.deepEqual(
    links.toSorted(),
    listed(source)
      .map(({ url }) => url)
      .toSorted(),
  );
  for (const article of listed(source)) {
    const $ = html(article.url);
    assertInOrder(
      words(
        $('article p')
          .toArray()
          .map((paragraph) => $.html(paragraph))
          .join(''),
      ),
      article,
    );
    assert.equal($('h1').text(), article.title);
    assert.equal($('h4.txtNoticias').text(), article.lead);
    const aired = $('h5').text() || $('span.date-display-single').text();
    assert.deepEqual(parseBrazilianDate(aired)?.instant, article.publishedAt);
    assert.equal($('video source[type="video/mp4"]').attr('src'), article.videoUrl);
  }
});
