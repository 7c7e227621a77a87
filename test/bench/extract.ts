import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { classic } from '../../functions/scrape/extractors/classic.ts';
import type { ExtractedArticle } from '../../functions/scrape/extractors/extractor.ts';
import { decodeBody } from '../../functions/scrape/fetch/read-body.ts';
import { parseInteger } from '../../infra/local/options.ts';
import { canonicalUrl, contentHash, legacyId, uniqueId } from '../../shared/identity.ts';
import { identityDate } from '../../shared/time.ts';
import { generateArticles } from '../stand-ins/sites/generator.ts';
import { createSite } from '../stand-ins/sites/site.ts';
import { isClassic, SAMPLE_NOW } from '../stand-ins/sites/sources.ts';

export const description = 'saved classic article pages from bytes to finished record, on one core';

export const options = [
  new Option('--pages <folder>', 'of *.html; pages of the sample site unless given'),
  new Option('--seconds <n>', 'how long').argParser(parseInteger(1, 3600)).default(5),
];

/** Pages of the sample site, all of them classic, as heavy as real ones. */
const SAMPLE_ARTICLES = 200;

interface SavedPage {
  url: string;
  bytes: Buffer;
}

/** What would be stored. */
interface FinishedRecord extends ExtractedArticle {
  canonicalUrl: string | null;
  uniqueId: string;
  contentHash: string | null;
}

/** Takes the pages in turn until the time is up, after one warm-up; each time is that of one page. */
export async function run(options: { pages?: string; seconds: number }): Promise<Record<string, unknown>> {
  const sample = options.pages === undefined ? makeSampleFolder() : undefined;
  const pages = readFolder(options.pages ?? sample!);
  if (sample) rmSync(sample, { recursive: true });
  if (pages.length === 0) throw new Error(`${options.pages} holds no file *.html`);

  round(pages, options.seconds * 1000 * 0.4);
  const timesMs = round(pages, options.seconds * 1000).toSorted((a, b) => a - b);
  const totalMs = timesMs.reduce((sum, timeMs) => sum + timeMs, 0);
  return {
    pages: pages.length,
    pages_per_second: Math.round((timesMs.length / totalMs) * 10_000) / 10,
    p95_ms: Math.round(timesMs[Math.floor(timesMs.length * 0.95)]! * 100) / 100,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Every page at least once, and all of them equally often. */
function round(pages: readonly SavedPage[], forMs: number): number[] {
  const timesMs: number[] = [];
  const endsAt = performance.now() + forMs;
  do {
    for (const page of pages) {
      const startedAt = performance.now();
      finish(page);
      timesMs.push(performance.now() - startedAt);
    }
  } while (performance.now() < endsAt);
  return timesMs;
}

function finish({ url, bytes }: SavedPage): FinishedRecord {
  const contentType = 'text/html';
  const article = classic.parseArticle({ url, contentType, body: decodeBody(bytes, contentType) }, url);
  const publishedAt = article.published?.instant ?? SAMPLE_NOW;
  return {
    ...article,
    canonicalUrl: canonicalUrl(url),
    uniqueId: uniqueId(article.title, legacyId('sample', identityDate(publishedAt), article.title)),
    contentHash: contentHash(article.title, article.content),
  };
}

/** A saved page does not say where it was; only its relative links depend on that. */
function readFolder(folder: string): SavedPage[] {
  return globSync('*.html', { cwd: folder })
    .sort()
    .map((file) => ({
      url: `https://www.gov.br/exemplo/pt-br/noticias/${encodeURIComponent(file.replace(/\.html$/, ''))}`,
      bytes: readFileSync(join(folder, file)),
    }));
}

function makeSampleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'extract-'));
  const articles = generateArticles({ seed: 1, articles: 2 * SAMPLE_ARTICLES, now: SAMPLE_NOW, days: 14 });
  const answer = createSite({ articles, broken: [], pinned: [], weight: 'real' });
  const chosen = articles.filter(({ layout }) => isClassic(layout)).slice(0, SAMPLE_ARTICLES);
  for (const [index, { url }] of chosen.entries()) {
    writeFileSync(join(folder, `${String(index).padStart(4, '0')}.html`), answer(new URL(url)).body);
  }
  return folder;
}
