/** Measures what reading costs in a process of its own: `node --expose-gc … PAGE`, or without a page what is kept. */

import { agenciaBrasil } from '../../../functions/scrape/extractors/agencia-brasil.ts';
import { classic } from '../../../functions/scrape/extractors/classic.ts';
import type { Extractor } from '../../../functions/scrape/extractors/extractor.ts';
import { generic } from '../../../functions/scrape/extractors/generic/generic.ts';
import { tvBrasil } from '../../../functions/scrape/extractors/tv-brasil.ts';
import { volto } from '../../../functions/scrape/extractors/volto.ts';
import { extractPage } from '../../../functions/scrape/read/extract.ts';
import { type Platform, platforms } from '../../../shared/platform.ts';
import { calmSeconds, startCpuClock } from '../cpu-time.ts';
import { worstPages, worstPageUrl } from './worst-pages.ts';

const MEGABYTE = 1_000_000;
const BATCHES = 4;
const CASES_PER_BATCH = 40;
const WARM_UP_TURNS = 50;
const collectGarbage = globalThis.gc!;

const EXTRACTORS: Readonly<Record<Platform, Extractor>> = {
  classic,
  volto,
  'agencia-brasil': agenciaBrasil,
  'tv-brasil': tvBrasil,
  generic,
};

const name = process.argv[2];
const measured = name === undefined ? await heapAfterBatches() : costOf(name);
process.stdout.write(JSON.stringify(measured));

/** Megabytes in use after each of some batches of pages of all engines. */
async function heapAfterBatches(): Promise<number[]> {
  // Only here: what they load would count as the growth of a page, or hide it.
  const { default: fc } = await import('fast-check');
  const { fuzzCases, spoiled } = await import('./fuzz.ts');
  return Array.from({ length: BATCHES }, (_, batch) => {
    for (const platform of platforms) {
      for (const one of fc.sample(fuzzCases(platform), { seed: batch, numRuns: CASES_PER_BATCH })) {
        extractPage(...spoiled(platform, one));
      }
    }
    collectGarbage();
    return process.memoryUsage().heapUsed / MEGABYTE;
  });
}

/** The peak of memory above what was in use before, and the time on a calm machine, of reading one page as an article and as a listing. */
function costOf(page: string): { failures: string[]; growthMb: number; seconds: number } {
  const [platform, body] = worstPages[page]!;
  const { parseArticle, parseListing } = EXTRACTORS[platform];
  // What is compiled and kept for every page is not the cost of this one.
  const start = { url: worstPageUrl, contentType: '', body: body.slice(0, 2000) };
  for (let turn = 0; turn < WARM_UP_TURNS; turn += 1) extractPage(start, { platform });
  collectGarbage();
  const before = process.memoryUsage().rss;
  const failures: string[] = [];
  let seconds = 0;
  const answer = { url: worstPageUrl, contentType: '', body };
  for (const read of [() => parseArticle(answer, worstPageUrl), () => parseListing(answer)]) {
    const cpuSeconds = startCpuClock();
    try {
      read();
    } catch (error) {
      failures.push(error instanceof Error ? error.name : String(error));
    }
    seconds = Math.max(seconds, cpuSeconds());
  }
  const growthMb = (process.resourceUsage().maxRSS * 1024 - before) / MEGABYTE;
  return { failures, growthMb, seconds: calmSeconds(seconds) };
}
