import type { Logger } from '../../../shared/log.ts';
import type { Platform } from '../../../shared/platform.ts';
import { type ComparedField, type Difference, shortened } from './diff.ts';

/**
 * What became of a page: `same`, `changed` and `new` as its article; `unreadable` where the extractor before could read
 * it, `still_unreadable` where that could not either; `not_stored` where its article lay outside of every window asked
 * for; `superseded` where a newer page was stored; `missing` where the raw page is gone; `visited_meanwhile` where a run
 * of the scraper came first.
 */
export const reextractOutcomes = [
  'same',
  'changed',
  'new',
  'unreadable',
  'still_unreadable',
  'not_stored',
  'superseded',
  'missing',
  'visited_meanwhile',
  'failed',
] as const;
export type ReextractOutcome = (typeof reextractOutcomes)[number];

export interface ReextractExample extends Difference {
  url: string;
}

export interface ReextractProblem {
  url: string;
  outcome: ReextractOutcome;
  reason: string;
}

/** Articles of a platform that were compared, and those of them that would keep less than half of their text. */
export interface TextLoss {
  compared: number;
  halved: number;
}

/** Bounded, whatever the number of pages: examples and problems are the first few. */
export interface ReextractReport {
  /** Pages that were looked at. */
  pages: number;
  outcomes: Record<ReextractOutcome, number>;
  /** Articles that differ in it. */
  fields: Partial<Record<ComparedField, number>>;
  examples: ReextractExample[];
  problems: ReextractProblem[];
  text_loss: Partial<Record<Platform, TextLoss>>;
  /** Nothing was written because the articles of this platform would lose their text; the counts are of a sample. */
  refused: Platform | null;
}

const EXAMPLES_OF_A_FIELD = 2;
const MAX_PROBLEMS = 20;
const MIN_HALVED = 5;

export function emptyReport(): ReextractReport {
  const outcomes = Object.fromEntries(reextractOutcomes.map((outcome) => [outcome, 0]));
  return {
    pages: 0,
    outcomes: outcomes as ReextractReport['outcomes'],
    fields: {},
    examples: [],
    problems: [],
    text_loss: {},
    refused: null,
  };
}

export function countOutcome(report: ReextractReport, outcome: ReextractOutcome): void {
  report.pages += 1;
  report.outcomes[outcome] += 1;
}

export function countDifferences(report: ReextractReport, url: string, found: readonly Difference[]): void {
  for (const difference of found) {
    const count = (report.fields[difference.field] ?? 0) + 1;
    report.fields[difference.field] = count;
    if (count <= EXAMPLES_OF_A_FIELD) report.examples.push({ url, ...shortened(difference) });
  }
}

export function countText(report: ReextractReport, platform: Platform, before: string, after: string): void {
  report.text_loss[platform] ??= { compared: 0, halved: 0 };
  const loss = report.text_loss[platform];
  loss.compared += 1;
  if (after.length < before.length / 2) loss.halved += 1;
}

/** Counts a page that gave no article. All are logged; raw pages that are gone may be many, and are no one's fault. */
export function countProblem(report: ReextractReport, problem: ReextractProblem, log: Logger): void {
  countOutcome(report, problem.outcome);
  if (problem.outcome !== 'missing' && report.problems.length < MAX_PROBLEMS) report.problems.push(problem);
  log.warning('raw page gave no article', { ...problem });
}

/** The platform of which more than half of the articles, and at least 5, lose more than half of their text. */
export function lossyPlatform({ text_loss: losses }: ReextractReport): Platform | null {
  const found = Object.entries(losses).find(
    ([, { compared, halved }]) => halved >= MIN_HALVED && halved > compared / 2,
  );
  return (found?.[0] as Platform | undefined) ?? null;
}
