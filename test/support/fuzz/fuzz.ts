import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { z } from 'zod';
import type { ExtractedArticle } from '../../../functions/scrape/extractors/extractor.ts';
import { volto } from '../../../functions/scrape/extractors/volto.ts';
import type { Page } from '../../../functions/scrape/page.ts';
import { type ExtractOptions, extractListing, extractPage } from '../../../functions/scrape/read/extract.ts';
import type { Platform } from '../../../shared/platform.ts';
import { saoPauloIso } from '../../../shared/time.ts';
import { calmSeconds, startCpuClock } from '../cpu-time.ts';
import { extractedRecord, extractionFailure, listedRecords } from '../record-schema.ts';
import { type Mutation, mutate, mutations } from './mutations.ts';
import { fuzzPages } from './pages.ts';

/** The same cases on every run; another seed or more of them: FUZZ_SEED=7 FUZZ_RUNS=100000. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_121);
const runs = process.env.FUZZ_RUNS;

/** CPU seconds of a calm machine that reading one page may take. */
export const MAX_PAGE_SECONDS = 1;
const ATTEMPTS = 3;

/** One page, how it was spoiled, and how it is to be read. */
export interface FuzzCase {
  page: number;
  mutations: Mutation[];
  isDetected: boolean;
  isListing: boolean;
}

export const fuzzCases = (platform: Platform) =>
  fc.record<FuzzCase>({
    page: fc.nat(fuzzPages[platform].length - 1),
    mutations,
    isDetected: fc.boolean(),
    isListing: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  });

/** The page of a case with the options to read it with. */
export function spoiled(
  platform: Platform,
  { page, mutations: all, isDetected }: FuzzCase,
): [Page, Pick<ExtractOptions, 'platform'>] {
  const original = fuzzPages[platform][page]!;
  return [{ ...original, body: all.reduce(mutate, original.body) }, isDetected ? {} : { platform }];
}

/** What reading gives, within the time; a first try may pay for other things, such as compiling. */
export function timed<T>(name: string, read: () => T): T {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; ; attempt += 1) {
    const cpuSeconds = startCpuClock();
    const result = read();
    least = Math.min(least, cpuSeconds());
    if (least <= MAX_PAGE_SECONDS || calmSeconds(least) <= MAX_PAGE_SECONDS) return result;
    assert.ok(attempt < ATTEMPTS, `${name} takes ${least} s`);
  }
}

function assertValid(schema: z.ZodType, result: unknown): void {
  const isFailure = typeof result === 'object' && result !== null && 'failure' in result;
  const { success, error } = (isFailure ? extractionFailure : schema).safeParse(result);
  assert.ok(success, `${error}\n${JSON.stringify(result).slice(0, 2000)}`);
}

/** Reads a page as an article: it gives a valid record, or a failure with a category. */
function checkArticle(page: Page, options: Pick<ExtractOptions, 'platform'>): { isRead: boolean } {
  const record = timed('the article', () => extractPage(page, options));
  assertValid(extractedRecord, record);
  return { isRead: !('failure' in record) };
}

/** The same as a listing. */
function checkListing(page: Page, options: Pick<ExtractOptions, 'platform'>): { isRead: boolean } {
  const listed = timed('the listing', () => extractListing(page, options));
  assertValid(listedRecords, listed);
  if (Array.isArray(listed) && /^\s*\{/.test(page.body)) checkItems(page);
  return { isRead: Array.isArray(listed) };
}

/** Listings of Volto carry their articles. */
function checkItems(page: Page): void {
  for (const { url, readArticle } of volto.parseListing(page).items.slice(0, 3)) {
    if (!readArticle) continue;
    let article: ExtractedArticle;
    try {
      article = timed('an article of the listing', readArticle);
    } catch (error) {
      assert.ok(error instanceof Error && 'category' in error, `${error}`);
      continue;
    }
    const { editorialLead, imageUrl, videoUrl, published, updated, ...fields } = article;
    assertValid(extractedRecord, {
      ...fields,
      url,
      canonical_url: null,
      agency_key: null,
      published_at: published && saoPauloIso(published.instant),
      updated_datetime: updated && saoPauloIso(updated),
      editorial_lead: editorialLead,
      image_url: imageUrl,
      video_url: videoUrl,
      content_hash: null,
      platform: 'volto',
    });
  }
}

/** Tests that spoiled pages of an engine are read as valid records or fail as foreseen, each within a second. */
export function fuzz(platform: Platform, count: number): void {
  const numRuns = Number(runs ?? count);
  test(`${numRuns} spoiled pages of ${platform} give valid records or typed failures`, (t) => {
    let readable = 0;
    const cpuSeconds = startCpuClock();
    fc.assert(
      fc.property(fuzzCases(platform), (one) => {
        const [page, options] = spoiled(platform, one);
        if ((one.isListing ? checkListing : checkArticle)(page, options).isRead) readable += 1;
      }),
      { seed, numRuns, endOnFailure: false },
    );
    t.diagnostic(`seed ${seed}, ${readable} of ${numRuns} readable, ${cpuSeconds().toFixed(1)} s of CPU`);
    // A mutation that spoils every page tests nothing but the failures.
    assert.ok(readable > numRuns / 8, `only ${readable} of ${numRuns} pages could be read`);
  });
}
