import { silentLogger } from '../../../shared/log.ts';
import type { StageContext } from '../../../shared/stage-context.ts';
import { type RereadDeps, rereadBatch } from './batch.ts';
import { emptyReport, lossyPlatform, type ReextractReport } from './report.ts';
import { countRawPages, listRawPages, type PageKey, type RereadFilter, sampleRawPages } from './sql.ts';

export interface ReextractOptions {
  /** Only pages visited on this day or later. */
  since?: string | undefined;
  agencies?: readonly string[] | undefined;
  /** Compares, and writes nothing. */
  isDryRun?: boolean | undefined;
  /** All pages, also those that today's extractors have read, and whatever their articles lose. */
  isForced?: boolean | undefined;
  /** Pages in memory at a time. */
  batchSize: number;
  signal?: AbortSignal | undefined;
  onProgress?(report: ReextractReport, pageCount: number): void;
}

const sampledOfEachPlatform = 50;

/**
 * Builds articles anew from the pages kept as they came, with the extractors in force; asks no site. What a row says of
 * its page decides: pages that the extractor in force has read are left out, so a run that was killed goes on where it
 * stopped, and a second one finds nothing but what could not be read. An article that comes out the same is not touched;
 * one that differs becomes a new version, announced on `scraped`, unless something newer was stored of it.
 *
 * Unless forced, a sample is compared before anything is written: an extractor under which more than half of a
 * platform's articles lose half of their text is refused.
 *
 * Memory is bounded by the batch and a few raw pages.
 *
 * @throws whatever the database or the raw store throws when they fail as a whole.
 */
export async function reextract(
  options: ReextractOptions,
  context: StageContext,
  deps: RereadDeps,
): Promise<ReextractReport> {
  const { db, extractors } = deps;
  const { since, agencies, isDryRun = false, isForced = false, batchSize, signal, onProgress } = options;
  const filter: RereadFilter = {
    versions: new Map(Object.values(extractors).map(({ platform, version }) => [platform, version])),
    all: isForced,
    since,
    agencies,
  };
  if (!isDryRun && !isForced) {
    const sampled = emptyReport();
    const pages = await sampleRawPages(db, filter, sampledOfEachPlatform);
    await rereadBatch(pages, { report: sampled, context, isDryRun: true, signal }, { ...deps, log: silentLogger });
    const refused = lossyPlatform(sampled);
    if (refused) return { ...sampled, refused };
  }

  const report = emptyReport();
  const pageCount = await countRawPages(db, filter);
  let after: PageKey = { agencyKey: '', urlHash: '' };
  while (true) {
    const pages = await listRawPages(db, filter, after, batchSize);
    await rereadBatch(pages, { report, context, isDryRun, signal }, deps);
    onProgress?.(report, pageCount);
    if (pages.length < batchSize) return report;
    after = pages.at(-1)!;
  }
}
