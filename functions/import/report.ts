import type { MappedRow } from './article.ts';
import { type Repair, repairs } from './repair.ts';

/** What an import did so far; kept beside its cursor, so that a resumed one goes on counting. */
export interface ImportReport {
  rows: number;
  /** Of these, rows of files that were replaced while the import was under way: their files were read anew. */
  replaced_rows: number;
  inserted: number;
  /** Was there, and was older, or lacked the summary or the themes. */
  updated: number;
  unchanged: number;
  /** Went into another record of the same address. */
  merged: number;
  rejected: number;
  repaired: Record<Repair, number>;
  /** Rows by why they were left out. */
  rejections: Record<string, number>;
  /** Rows by agency, theme. */
  unknown_agencies: Record<string, number>;
  unknown_themes: Record<string, number>;
  /** Whose code means another theme here, so that the rows are without it. */
  relabelled_themes: Record<string, number>;
  created_agencies: string[];
  created_themes: string[];
  /** Some of the rows that were left out or merged. */
  examples: string[];
}

export type StoreOutcome = 'inserted' | 'updated' | 'unchanged' | 'merged';

const maxExamples = 20;
/** Names of what is unknown, reasons: a hostile file has as many as it has rows. */
const maxNames = 300;
const maxNameLength = 200;

export function emptyReport(): ImportReport {
  return {
    rows: 0,
    replaced_rows: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    merged: 0,
    rejected: 0,
    repaired: Object.fromEntries(repairs.map((repair) => [repair, 0])) as Record<Repair, number>,
    rejections: {},
    unknown_agencies: {},
    unknown_themes: {},
    relabelled_themes: {},
    created_agencies: [],
    created_themes: [],
    examples: [],
  };
}

/** Notes how rows were read. */
export function noteMapped(
  report: ImportReport,
  path: string,
  rows: readonly (MappedRow & { position: number })[],
): void {
  for (const { repaired, unknownThemes, relabelledThemes, unknownAgency, rejection, position } of rows) {
    report.rows += 1;
    for (const repair of repaired) report.repaired[repair] += 1;
    for (const theme of unknownThemes) count(report.unknown_themes, theme);
    for (const theme of relabelledThemes) count(report.relabelled_themes, theme);
    if (unknownAgency) count(report.unknown_agencies, unknownAgency);
    if (!rejection) continue;
    report.rejected += 1;
    count(report.rejections, rejection);
    noteExample(report, `${path} row ${position}: ${rejection}${unknownAgency ? ` (${unknownAgency})` : ''}`);
  }
}

export function noteExample(report: ImportReport, text: string): void {
  if (report.examples.length < maxExamples) report.examples.push(cutShort(text));
}

function count(counts: Record<string, number>, fullName: string): void {
  const name = cutShort(fullName);
  const isNamed = Object.hasOwn(counts, name) || Object.keys(counts).length < maxNames;
  const counted = isNamed ? name : 'others';
  counts[counted] = (Object.hasOwn(counts, counted) ? counts[counted]! : 0) + 1;
}

function cutShort(text: string): string {
  return text.length > maxNameLength ? `${text.slice(0, maxNameLength).toWellFormed()}…` : text;
}
