import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openListing } from '../../../functions/scrape/detect.ts';
import { createPageFetcher } from '../../../functions/scrape/fetch/fetch-page.ts';
import { createHostGate } from '../../../functions/scrape/fetch/host-gate.ts';
import { createNewsFetcher } from '../../../functions/scrape/fetch/news-fetcher.ts';
import { createRobots } from '../../../functions/scrape/fetch/robots.ts';
import { nullRawStore } from '../../../functions/scrape/raw-store/open.ts';
import { type ScrapeReport, scrape } from '../../../functions/scrape/scrape.ts';
import type { ScrapedArticle } from '../../../shared/article.ts';
import { silentLogger } from '../../../shared/log.ts';
import { plainText, type SampleArticle } from '../../stand-ins/sites/article.ts';
import { sitesDispatcher } from '../../stand-ins/sites/dispatcher.ts';
import { startSites } from '../../stand-ins/sites/server.ts';
import { SAMPLE_HOSTS, SAMPLE_SOURCES } from '../../stand-ins/sites/sources.ts';

function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The words a reader sees of Markdown. */
function markdownWords(markdown: string): string[] {
  const text = markdown
    .replace(/!\[[^\]]*\]\([^)]*\)/g, ' ')
    .replace(/\]\([^)]*\)/g, '')
    .replace(/\*\*|\\|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '');
  return words(text);
}

function fieldsOf(article: SampleArticle) {
  const { title, subtitle, lead, category, tags, publishedAt, modifiedAt, imageUrl, videoUrl } = article;
  return {
    title,
    subtitle,
    editorialLead: lead,
    category,
    tags,
    publishedAt,
    updatedDatetime: modifiedAt,
    imageUrl,
    videoUrl,
  };
}

test('every article of every source of the sample site arrives once, as it was written', async (t) => {
  const sites = await startSites({ seed: 7, articles: 360, broken: 6 });
  const dispatcher = sitesDispatcher(sites.port);
  t.after(async () => {
    await dispatcher.destroy();
    await sites.close();
  });
  const pageFetcher = createPageFetcher({
    robots: createRobots(),
    dispatcher,
    gate: createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
    allowedHosts: new Set(SAMPLE_HOSTS),
    userAgent: 'Test/1.0 (+https://exemplo.org)',
    timeoutMs: 10_000,
    maxBytes: 10_000_000,
    now: () => new Date(),
  });
  const fetcher = createNewsFetcher({ ...pageFetcher, rawStore: nullRawStore, agencyKey: 'mec' });
  const stored = new Map<string, ScrapedArticle>();
  const rejected: string[] = [];
  const reports: ScrapeReport[] = [];
  for (const { agencyKey, listingUrl } of SAMPLE_SOURCES) {
    const request = { agencyKey, sourceUrl: listingUrl, startDate: sites.firstDay, endDate: sites.lastDay };
    const open = await openListing({ sourceUrl: listingUrl, hint: undefined }, fetcher);
    const report = await scrape(
      request,
      { ...open, position: { pageCount: 0, entryCount: 0 } },
      {
        fetcher,
        listKnown: async () => new Map(),
        store: async ({ article }) => {
          assert.ok(!stored.has(article.canonicalUrl), `${article.canonicalUrl} came twice`);
          stored.set(article.canonicalUrl, article);
          return 'inserted';
        },
        pass: async () => {},
        reject: async ({ url }) => {
          rejected.push(url.replace(/\/view$/, ''));
        },
        now: () => new Date(),
        log: silentLogger,
        isOver: () => false,
        concurrency: 2,
        maxPages: 100,
      },
    );
    reports.push(report);
  }

  assert.deepEqual(rejected.sort(), [...sites.brokenUrls].sort());
  assert.deepEqual([...stored.keys()].sort(), sites.articles.map(({ url }) => url).sort());
  const platforms = SAMPLE_SOURCES.map(({ layout }) => (/^(?:volto|agencia|tv)/.test(layout) ? layout : 'classic'));
  assert.deepEqual(
    reports.map(({ platform }) => platform),
    platforms,
  );

  for (const article of sites.articles) {
    const found = stored.get(article.url)!;
    const expected = fieldsOf(article);
    if (article.undated) {
      assert.equal(found.publishedAtSource, 'first-seen');
      expected.publishedAt = found.publishedAt;
    }
    const {
      title,
      subtitle,
      editorialLead,
      category,
      tags,
      publishedAt,
      updatedDatetime,
      imageUrl,
      videoUrl,
      content,
    } = found;
    assert.deepEqual(
      { title, subtitle, editorialLead, category, tags, publishedAt, updatedDatetime, imageUrl, videoUrl },
      expected,
      article.url,
    );
    assert.equal(found.agencyKey, article.agencyKey);
    assert.deepEqual(markdownWords(content), words(plainText(article)), article.url);
    assert.doesNotMatch(content, /sharer|twitter\.com\/share|Copiar para área/, article.url);
    assert.doesNotMatch(content, /\]\((?!https:\/\/)/, 'only absolute links');
    assert.ok(!content.split('\n').some((line) => /^#+ /.test(line) && line.includes(title)), 'no repeated title');
  }
});
