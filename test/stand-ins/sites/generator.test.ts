import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { saoPauloDay } from '../../../shared/time.ts';
import { plainText, type SampleArticle } from './article.ts';
import { generateArticles, generateBroken, generatePinned } from './generator.ts';
import { createRandom } from './random.ts';
import { fillSlots } from './slots.ts';
import { SAMPLE_SOURCES } from './sources.ts';

const options = { seed: 7, articles: 200, now: new Date('2026-03-02T12:00:00-03:00'), days: 14 };

test('the same seed gives the same articles, another seed others', () => {
  assert.deepEqual(generateArticles(options), generateArticles(options));
  const titles = (articles: SampleArticle[]) => articles.map((article) => article.title);
  assert.notDeepEqual(titles(generateArticles(options)), titles(generateArticles({ ...options, seed: 8 })));
});

test('a larger site only appends', () => {
  assert.deepEqual(generateArticles({ ...options, articles: 500 }).slice(0, 200), generateArticles(options));
});

test('headlines, addresses and texts of thousands of articles are distinct, those of broken and pinned pages too', () => {
  const articles = generateArticles({ ...options, articles: 5000 });
  const extra = [...generateBroken({ ...options, broken: 30 }), ...generatePinned(options)];
  const urls = [...articles, ...extra].map((article) => article.url);
  assert.equal(new Set(urls).size, 5000 + extra.length);
  assert.equal(new Set(articles.map((article) => article.title)).size, 5000);
  assert.ok(new Set(articles.map(plainText)).size > 4990);
});

test('articles are published within the days asked for, to the minute, and pinned ones before', () => {
  const days = generateArticles(options).map((article) => {
    assert.equal(article.publishedAt.getTime() % 60_000, 0);
    return saoPauloDay(article.publishedAt);
  });
  assert.deepEqual([...new Set(days)].toSorted().at(0), '2026-02-17');
  assert.deepEqual([...new Set(days)].toSorted().at(-1), '2026-03-02');
  assert.equal(new Set(days).size, 14);
  for (const article of generatePinned(options)) assert.ok(saoPauloDay(article.publishedAt) < '2025-02-01');
});

test('two hundred articles come from all sources and are about all themes', () => {
  const articles = generateArticles(options);
  assert.equal(new Set(articles.map((article) => article.agencyKey)).size, SAMPLE_SOURCES.length);
  assert.equal(new Set(articles.map((article) => article.theme)).size, 25);
});

test('no slot, alternative or empty text is left in an article', () => {
  for (const article of generateArticles({ ...options, articles: 1000 })) {
    const { title, subtitle, lead, category, tags } = article;
    for (const text of [title, subtitle, lead, category, plainText(article), ...tags]) {
      if (text !== null) assert.match(text, /^[^{}|]*\S[^{}|]*$/);
    }
  }
});

test('exactly one article has no date on its page, whatever the size', () => {
  for (const articles of [100, 1000]) {
    const undated = generateArticles({ ...options, articles }).filter((article) => article.undated);
    assert.deepEqual(
      undated.map((article) => article.layout),
      ['volto'],
    );
  }
});

test('every sample source stands in the catalogue with the same listing address', () => {
  const catalogue: { agencies: { key: string; sources?: { url: string }[] }[] } = parse(
    readFileSync(new URL('../../../shared/catalogue/agencies.yaml', import.meta.url), 'utf8'),
  );
  for (const { agencyKey, listingUrl } of SAMPLE_SOURCES) {
    const urls = catalogue.agencies.find(({ key }) => key === agencyKey)?.sources?.map(({ url }) => url);
    assert.ok(urls?.includes(listingUrl), `${agencyKey} is catalogued with ${urls}, not ${listingUrl}`);
  }
});

test('an alternative may hold slots, and a slot that nobody fills is refused', () => {
  const random = createRandom(1);
  assert.equal(fillSlots('{em {municipio}|em {municipio}}', { municipio: 'Patos' }, random), 'em Patos');
  assert.throws(() => fillSlots('Em {cidade}', {}, random), /\{cidade\} is not known/);
});
