import { join } from 'node:path';
import { extractors } from '../../functions/scrape/detect.ts';
import { openRawStore } from '../../functions/scrape/raw-store/open.ts';
import { comparedFields } from '../../functions/scrape/reextract/diff.ts';
import { reextract } from '../../functions/scrape/reextract/reextract.ts';
import {
  lossyPlatform,
  type ReextractOutcome,
  type ReextractReport,
  reextractOutcomes,
} from '../../functions/scrape/reextract/report.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { checkAgencies } from './agencies.ts';
import { cliDeps } from './cli-deps.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { loadLocalSettings } from './settings.ts';

export type ReextractCommandOptions = GlobalOptions & {
  since?: string;
  agencies?: string[];
  dryRun?: boolean;
  force?: boolean;
  batchSize: number;
  json?: boolean;
};

/**
 * Builds articles anew from raw pages, and prints what came of it.
 *
 * @throws {Error} at the end, when the run was refused or a page failed.
 */
export async function reextractPages(options: ReextractCommandOptions): Promise<void> {
  const { since, agencies, dryRun: isDryRun = false, force: isForced = false, batchSize } = options;
  const place = loadLocalSettings().RAW_STORE ?? join(options.data, 'bronze');
  await withDatabase(options, async (db) => {
    if (agencies) await checkAgencies(db, agencies);
    const deps = { ...cliDeps(db, options), rawStore: openRawStore({ RAW_STORE: place }), extractors };
    const progress = createProgress();
    const startedAt = performance.now();
    const secondsSince = () => (performance.now() - startedAt) / 1000;
    const report = await reextract(
      {
        since,
        agencies,
        isDryRun,
        isForced,
        batchSize,
        onProgress: (soFar, pageCount) => {
          const { changed, new: added, unreadable } = soFar.outcomes;
          const counts = `${changed} changed, ${added} new, ${unreadable} unreadable`;
          const rate = Math.round(soFar.pages / secondsSince());
          progress.update(`reextract: ${soFar.pages} of ${pageCount} pages, ${counts}, ${rate} a second`);
        },
      },
      contextFrom(),
      deps,
    );
    const seconds = Math.round(secondsSince() * 10) / 10;
    progress.done(`Read ${report.pages} raw pages in ${seconds} s`);
    const failure = failureOf(report, isForced);
    const { missing } = report.outcomes;
    if (missing > 0 && missing === report.pages) progress.done(`None of them is in ${place}: is RAW_STORE right?`);
    if (options.json) console.log(JSON.stringify({ dry_run: isDryRun, ...report, seconds }, null, 2));
    else console.log(formatReport(report, isDryRun));
    if (failure) throw new Error(failure);
  });
}

/** Why the run failed, in one line. Raw pages that are gone are no failure: they are kept for a time. */
function failureOf(report: ReextractReport, isForced: boolean): string | undefined {
  const { pages, outcomes, refused } = report;
  const lossy = refused ?? lossyPlatform(report);
  if (lossy && !isForced) {
    const { compared, halved } = report.text_loss[lossy]!;
    const loss = `${halved} of ${compared} articles of ${lossy} lose more than half of their text`;
    return refused ? `${loss}: nothing was written; --force writes all the same` : loss;
  }
  const failed = [
    outcomes.unreadable > 0 ? `${outcomes.unreadable} could be read before and cannot be now` : '',
    outcomes.failed > 0 ? `${outcomes.failed} failed` : '',
  ].filter(Boolean);
  return failed.length > 0 ? `of ${pages} raw pages ${failed.join(', ')}; --verbose names each` : undefined;
}

const descriptions: Record<ReextractOutcome, string> = {
  same: 'same as stored',
  changed: 'changed',
  new: 'new: could not be read before',
  unreadable: 'cannot be read any more; what is stored stays',
  still_unreadable: 'still cannot be read',
  not_stored: 'outside of every window asked for, not stored',
  superseded: 'something newer is stored',
  missing: 'raw page is gone',
  visited_meanwhile: 'visited meanwhile: a later run takes them',
  failed: 'failed',
};

function formatReport(report: ReextractReport, isDryRun: boolean): string {
  const { pages, outcomes, fields, examples, problems, refused } = report;
  if (pages === 0) return 'Nothing to read again';
  const count = (value: number, text: string) => `${String(value).padStart(8)}  ${text}`;
  const isWritten = !isDryRun && !refused;
  const losses = Object.entries(report.text_loss).filter(([, { halved }]) => halved > 0);
  return [
    `${refused ? 'Raw pages of a sample' : 'Raw pages'}: ${pages}${isWritten ? '' : '; nothing is written'}`,
    ...reextractOutcomes
      .filter((outcome) => outcomes[outcome] > 0)
      .map((outcome) => count(outcomes[outcome], descriptions[outcome])),
    ...section(
      'Articles that differ in',
      comparedFields.filter((field) => fields[field]).map((field) => count(fields[field]!, field)),
    ),
    ...section(
      'Articles that lose more than half of their text',
      losses.map(([platform, { halved, compared }]) => count(halved, `of ${compared} of ${platform}`)),
    ),
    ...section(
      'For example',
      examples.map(({ url, field, before, after }) => `  ${url}\n    ${field}: ${quoted(before)} → ${quoted(after)}`),
    ),
    ...section(
      'Without an article',
      problems.map(
        ({ url, outcome, reason }) =>
          `  ${url}\n    ${descriptions[outcome]}: ${oneLine(reason.replace(`${url} `, ''))}`,
      ),
    ),
  ].join('\n');
}

function section(title: string, lines: string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines] : [];
}

function quoted(text: string): string {
  return text === '' ? 'nothing' : `"${oneLine(text)}"`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
