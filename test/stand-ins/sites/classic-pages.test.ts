import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'cheerio';
import { parseBrazilianDate } from '../../../shared/time.ts';
import { answer, assertInOrder, content, html, isSorted, listed, words } from './reading.ts';
import { createSite } from './site.ts';
import { isClassic, SAMPLE_SOURCES, type SampleSource } from './sources.ts';

const LIST_ITEMS: Partial<Record<SampleSource['layout'], [items: string, link: string]>> = {
  tiles: ['article.tileItem', 'a.summary.url'],
  'news-list': ['ul.noticias > li', 'h2.titulo a'],
  entries: ['div.entries > article.entry', 'span.summary > a.url'],
  items: ['#content-core div.item:has(a)', 'a.summary'],
};

/** Absolute address of every item of a classic listing, page after page. */
function classicLinks(source: SampleSource): string[] {
  const [items, link] = LIST_ITEMS[source.layout]!;
  const links: string[] = [];
  for (;;) {
    const $ = html(`${source.listingUrl}?b_start:int=${links.length}`);
    const base = $('base').attr('href');
    const page = $(items)
      .toArray()
      .map((item) => new URL($(item).find(link).attr('href')!, base).href);
    if (page.length === 0) return links;
    assert.ok(page.length <= source.pageSize);
    links.push(...page);
  }
}

for (const source of SAMPLE_SOURCES.filter(({ layout }) => isClassic(layout))) {
  test(`the listing of ${source.agencyKey} shows every article once, a pinned one first, files and links between`, () => {
    const links = classicLinks(source);
    const news = links.map((link) => link.replace(/\/view$/, ''));
    const expected = listed(source);
    const known = new Map(expected.map((article) => [article.url, article]));
    const shown = news.flatMap((link) => known.get(link) ?? []);
    assert.deepEqual(shown.map(({ url }) => url).toSorted(), [...known.keys()].toSorted());
    assert.ok(content.pinned.includes(shown[0]!));
    assert.equal(isSorted(shown.slice(1).map(({ publishedAt }) => publishedAt.getTime())), false);
    const others = links.filter((link) => !known.has(link.replace(/\/view$/, '')));
    assert.ok(others.some((link) => link.endsWith('.pdf/view')));
    assert.ok(others.some((link) => !link.startsWith('https://www.gov.br/')));
    assert.ok(links.some((link) => known.has(link.replace(/\/view$/, '')) && link.endsWith('/view')));
  });
}

test('listings print absolute and relative addresses', () => {
  const hrefs = SAMPLE_SOURCES.filter(({ layout }) => layout === 'tiles').flatMap(({ listingUrl }) => {
    const $ = html(listingUrl);
    return $('a.summary.url')
      .toArray()
      .map((link) => $(link).attr('href')!);
  });
  assert.ok(hrefs.some((href) => href.startsWith('https://')));
  assert.ok(hrefs.some((href) => href.startsWith('/')));
  assert.ok(hrefs.some((href) => /^\w/.test(href) && !href.startsWith('https:')));
});

test('tags of a listing have blanks around them and empty links between', () => {
  const $ = html(SAMPLE_SOURCES.find(({ layout }) => layout === 'tiles')!.listingUrl);
  const tags = $('.keywords a.link-category')
    .toArray()
    .map((link) => $(link).text());
  assert.ok(tags.includes(''));
  assert.ok(tags.some((tag) => tag !== '' && tag !== tag.trim()));
});

test('classic articles hold their text with all words, title, date, tags and picture', () => {
  const classic = content.articles.filter(({ layout }) => isClassic(layout));
  for (const article of classic) {
    const $ = html(article.url);
    const body = $('#parent-fieldname-text').length > 0 ? $('#parent-fieldname-text') : $('#content-core');
    assertInOrder(words(body.html()!), article);
    assert.equal($('h1.documentFirstHeading').text(), article.title);
    assert.equal($('.documentDescription').text(), article.subtitle);
    assert.equal($('p.nitfSubtitle').text(), article.lead ?? '');
    const published = parseBrazilianDate($('.documentPublished .value').text());
    assert.deepEqual(published, { instant: article.publishedAt, hasTime: true });
    const links = $('a[href*="origem=keyword"]').length > 0 ? $('a[href*="origem=keyword"]') : $('.keywords a');
    const tags = links.toArray().map((link) => $(link).text().trim());
    assert.deepEqual(tags.filter(Boolean), article.tags);
    const src = body.find('img').first().attr('src');
    assert.equal(src ? new URL(src, $('base').attr('href')).href : null, article.imageUrl);
    assert.ok(
      $('#content a[href*="sharer.php"]').length + $('#viewlet-below-content a[href*="sharer.php"]').length > 0,
    );
  }
});

test('of classic articles some repeat the title in the body, some have broken JSON-LD, some none', () => {
  const classic = content.articles.filter(({ layout }) => isClassic(layout));
  const counts = { repeated: 0, valid: 0, broken: 0, absent: 0, shareInBody: 0, relative: 0 };
  for (const article of classic) {
    const $ = html(article.url);
    if ($('#content-core h2').first().text() === article.title) counts.repeated += 1;
    if ($('#content-core .social-links').length > 0) counts.shareInBody += 1;
    if ($('#content-core a[href^="../"]').length > 0) counts.relative += 1;
    const script = $('#viewlet-above-content script').text();
    if (script === '') counts.absent += 1;
    else if (isJson(script)) counts.valid += 1;
    else counts.broken += 1;
  }
  const share = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / classic.length]));
  assert.ok(share.repeated! > 0.4 && share.repeated! < 0.6, JSON.stringify(share));
  for (const name of ['valid', 'broken', 'absent', 'shareInBody', 'relative']) {
    assert.ok(share[name]! > 0.1, JSON.stringify(share));
  }
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('broken pages answer with a page without an article, a challenge, and the way to a login', () => {
  for (const article of content.broken) {
    const { status, body, location } = answer(new URL(article.url));
    switch (article.failure) {
      case 'empty':
        assert.equal(status, 200);
        assert.equal(load(body)('h1').length, 0);
        break;
      case 'challenge':
        assert.equal(status, 200);
        assert.match(body, /\/TSPD\//);
        break;
      default:
        assert.equal(status, 302);
        assert.match(location!, /require_login\?came_from=/);
        assert.match(html(location!)('h1').text(), /Acesse sua conta/);
    }
  }
  assert.equal(new Set(content.broken.map(({ failure }) => failure)).size, 3);
});

test('pages weigh what real ones do when that is asked for', () => {
  const heavy = createSite({ ...content, weight: 'real' });
  for (const article of content.articles.slice(0, 120)) {
    const { length } = heavy(new URL(article.url)).body;
    if (isClassic(article.layout)) assert.ok(length > 30_000 && length < 90_000, `${article.url}: ${length}`);
    if (article.layout === 'volto') assert.ok(length > 270_000 && length < 450_000, `${article.url}: ${length}`);
  }
});
