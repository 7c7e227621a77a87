import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Option } from 'commander';
import { failureCategory } from '../../functions/scrape/errors.ts';
import { generic } from '../../functions/scrape/extractors/generic/generic.ts';

export const description = 'texts of unknown sites against a checkout of scrapinghub/article-extraction-benchmark';

export const options = [new Option('--dataset <folder>', 'the checkout').makeOptionMandatory()];

const SHINGLE_LENGTH = 4;

/** Shares of the shingles of two texts: in both, only in the prediction, only in the truth. */
export interface Matching {
  both: number;
  onlyPredicted: number;
  onlyTrue: number;
}

/** Each run of four words (fewer in a shorter text) with how often it occurs. */
function shingles(text: string): Map<string, number> {
  const words = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  const counts = new Map<string, number>();
  if (words.length === 0) return counts;
  for (let index = 0; index < Math.max(1, words.length - SHINGLE_LENGTH + 1); index += 1) {
    const shingle = words.slice(index, index + SHINGLE_LENGTH).join(' ');
    counts.set(shingle, (counts.get(shingle) ?? 0) + 1);
  }
  return counts;
}

/** Compares two texts as the data set's evaluate.py does; long texts weigh no more than short ones. */
export function matching(truth: string, prediction: string): Matching {
  const [expected, actual] = [shingles(truth), shingles(prediction)];
  const counts: Matching = { both: 0, onlyPredicted: 0, onlyTrue: 0 };
  for (const shingle of new Set([...expected.keys(), ...actual.keys()])) {
    const [inTruth, inPrediction] = [expected.get(shingle) ?? 0, actual.get(shingle) ?? 0];
    counts.both += Math.min(inTruth, inPrediction);
    counts.onlyPredicted += Math.max(0, inPrediction - inTruth);
    counts.onlyTrue += Math.max(0, inTruth - inPrediction);
  }
  const total = counts.both + counts.onlyPredicted + counts.onlyTrue || 1;
  const { both, onlyPredicted, onlyTrue } = counts;
  return { both: both / total, onlyPredicted: onlyPredicted / total, onlyTrue: onlyTrue / total };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Averages over pages: precision over those with a prediction, recall over those with a text to find. */
export function scores(matchings: readonly Matching[]): { precision: number; recall: number; f1: number } {
  const share = (both: number, other: number) => (both + other > 0 ? both / (both + other) : []);
  const precision = mean(matchings.flatMap(({ both, onlyPredicted }) => share(both, onlyPredicted)));
  const recall = mean(matchings.flatMap(({ both, onlyTrue }) => share(both, onlyTrue)));
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
}

const IMAGE = /!\[(?:\\.|[^[\]\\])*\]\([^()\s]*\)/g;
const LINK = /\[((?:\\.|[^[\]\\])*)\]\([^()\s]*\)/g;
const LINE_MARKS = /^[ ]*(?:(?:>|[-+*]|\d{1,9}[.)])[ ]+)*(?:#{1,6}[ ]+)?/gm;

/** The words that a reader sees where this Markdown is shown: those of a link, neither its address nor a picture's. */
export function shownText(markdown: string): string {
  return markdown
    .replace(LINE_MARKS, '')
    .replace(IMAGE, '')
    .replace(LINK, '$1')
    .replace(/\\([!-/:-@[-`{-~])|\*+|~~|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '$1');
}

/** Each page through the generic extractor alone; one that it refuses counts as an empty text. */
export async function run({ dataset }: { dataset: string }): Promise<Record<string, unknown>> {
  type Texts = Record<string, { articleBody?: string }>;
  const truth = JSON.parse(readFileSync(join(dataset, 'ground-truth.json'), 'utf8')) as Texts;
  const matchings: Matching[] = [];
  const durations: number[] = [];
  const failures: Record<string, number> = {};
  for (const file of readdirSync(join(dataset, 'html')).sort()) {
    const id = file.split('.')[0]!;
    const body = gunzipSync(readFileSync(join(dataset, 'html', file))).toString();
    // The addresses of the pages are not all known, and none is looked at.
    const url = `https://example.org/${id}`;
    const startedAt = performance.now();
    let text = '';
    try {
      text = generic.parseArticle({ url, contentType: 'text/html', body }, url).content;
    } catch (error) {
      if (!(error instanceof Error && 'category' in error)) throw error;
      const category = failureCategory(error);
      failures[category] = (failures[category] ?? 0) + 1;
    }
    durations.push(performance.now() - startedAt);
    matchings.push(matching(truth[id]?.articleBody ?? '', shownText(text)));
  }
  durations.sort((a, b) => a - b);
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  const { precision, recall, f1 } = scores(matchings);
  return {
    pages: matchings.length,
    precision: round(precision),
    recall: round(recall),
    f1: round(f1),
    failures,
    pages_per_second: Math.round(matchings.length / (durations.reduce((sum, ms) => sum + ms, 0) / 1000)),
    p95_ms: Math.round(durations[Math.floor(durations.length * 0.95)] ?? 0),
  };
}
