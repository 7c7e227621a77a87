import { createHash } from 'node:crypto';
import type { Database } from '../../shared/database.ts';
import type { DatasetSource } from '../../shared/dataset-source.ts';
import type { Logger } from '../../shared/log.ts';
import { readAhead } from '../../shared/read-ahead.ts';
import { type ImportedArticle, isExtractedAfter, type MappedRow } from './article.ts';
import { readBatches, rowReader } from './batches.ts';
import { openCatalogue } from './catalogue.ts';
import { type ColumnComparison, compareColumns } from './compare-columns.ts';
import { type PlannedFile, planFiles } from './plan.ts';
import type { Repair } from './repair.ts';
import type { FileCursor } from './state-sql.ts';
import { readStoredArticles, type StoredArticle } from './validate-sql.ts';

export interface ValidationOptions {
  source: DatasetSource;
  /** As the import had them: what it repaired is no difference. */
  repairs: readonly Repair[];
  /** Only the first rows of the source, in the order of its files. */
  maxRecords?: number | undefined;
  /** Only what an import in parts has read so far; all unless given. */
  cursors?: ReadonlyMap<string, FileCursor> | undefined;
  batchSize: number;
}

export interface Check {
  name: string;
  expected: string;
  actual: string;
  is_ok: boolean;
}

export interface Validation {
  source: string;
  rows: number;
  /** Went into another record of the same address, or stand twice under one id. */
  merged_rows: number;
  repeated_rows: number;
  /** Read again or enriched since the import, so that they may differ. */
  changed_since: number;
  /** Articles whose columns were held against the source. */
  compared_articles: number;
  checks: Check[];
  columns: ColumnComparison[];
  /** Some ids that are missing or differ. */
  examples: string[];
  is_valid: boolean;
}

const maxExamples = 20;

/** Holds the rows of a source against the table. Memory grows by some bytes a row, for finding repeated ids. */
export async function validateImport(
  options: ValidationOptions,
  { db, log, progress }: { db: Database; log: Logger; progress?: (rows: number) => void },
): Promise<Validation> {
  const files = await planFiles(options.source);
  await using reader = rowReader(log);
  const reading = {
    reader,
    catalogue: await openCatalogue(db),
    repairs: new Set(options.repairs),
    createMissing: false,
    batchSize: options.batchSize,
  };
  const tally = createTally();
  for (const planned of files) {
    const readable = options.cursors ? rowsRead(planned, options.cursors) : planned.rowCount;
    const to = Math.min(readable, (options.maxRecords ?? Number.MAX_SAFE_INTEGER) - tally.rows());
    if (to <= 0) continue;
    for await (const batch of readAhead(readBatches(planned, 0, to, reading))) {
      const articles = batch.rows.flatMap(({ article }) => article ?? []);
      tally.add(batch.rows, await readStoredArticles(db, articles));
      progress?.(tally.rows());
    }
  }
  return { source: options.source.name, ...tally.result() };
}

function rowsRead({ file, fingerprint, rowCount }: PlannedFile, cursors: ReadonlyMap<string, FileCursor>): number {
  const cursor = cursors.get(file.path);
  return cursor?.fingerprint === fingerprint ? Math.min(cursor.nextRow, rowCount) : 0;
}

function createTally() {
  const columns = compareColumns();
  const seen = new Set<number>();
  const examples: string[] = [];
  const counts = { rows: 0, unknownAgency: 0, rejected: 0, repeated: 0, merged: 0, changed: 0, compared: 0 };
  const found = { articles: 0, withAgency: 0, complete: 0, themed: 0, withTheme: 0 };
  const noteExample = (text: string) => {
    if (examples.length < maxExamples) examples.push(text);
  };

  const addArticle = (article: ImportedArticle, namesTheme: boolean, stored: StoredArticle | undefined) => {
    if (seen.has(idKey(article.dataset_id))) {
      counts.repeated += 1;
      return;
    }
    seen.add(idKey(article.dataset_id));
    if (!stored) {
      noteExample(`${article.dataset_id} is missing`);
      return;
    }
    if (stored.unique_id !== article.dataset_id && stored.legacy_unique_id !== article.dataset_id) {
      counts.merged += 1;
      return;
    }
    found.articles += 1;
    if (stored.has_agency) found.withAgency += 1;
    if (stored.is_complete) found.complete += 1;
    if (namesTheme) found.themed += 1;
    if (namesTheme && stored.has_theme) found.withTheme += 1;
    // What the source does not date is dated by its import.
    const dated = { ...article, extracted_at: article.extracted_at ?? stored.extracted_at };
    if (stored.has_twins || stored.is_enriched_since || isExtractedAfter(stored, dated)) {
      counts.changed += 1;
      return;
    }
    counts.compared += 1;
    const different = columns.add(dated, stored);
    if (different.length > 0) noteExample(`${stored.unique_id} differs in ${different.join(', ')}`);
  };

  return {
    rows: () => counts.rows,
    add(rows: readonly MappedRow[], stored: ReadonlyMap<string, StoredArticle>) {
      for (const { article, namesTheme, unknownAgency } of rows) {
        counts.rows += 1;
        if (article) addArticle(article, namesTheme, stored.get(article.dataset_id));
        else if (unknownAgency !== undefined) counts.unknownAgency += 1;
        else counts.rejected += 1;
      }
    },
    result() {
      const compared = columns.result();
      const share = found.themed === 0 ? 1 : found.withTheme / found.themed;
      const checks = [
        equal('articles of the source in the table', counts.rows - counts.merged - counts.repeated, found.articles),
        equal('rows that cannot be articles', 0, counts.rejected),
        equal('rows of unknown agencies', 0, counts.unknownAgency),
        equal('articles with a valid agency', found.articles, found.withAgency),
        equal('articles with all required fields', found.articles, found.complete),
        {
          name: 'articles with a theme, where the source has one',
          expected: '> 95 %',
          actual: `${Math.floor(share * 10_000) / 100} %`,
          is_ok: share > 0.95,
        },
        equal('columns with differences', 0, compared.filter(({ is_equal }) => !is_equal).length),
      ];
      return {
        rows: counts.rows,
        merged_rows: counts.merged,
        repeated_rows: counts.repeated,
        changed_since: counts.changed,
        compared_articles: counts.compared,
        checks,
        columns: compared,
        examples,
        is_valid: checks.every(({ is_ok }) => is_ok),
      };
    },
  };
}

function equal(name: string, expected: number, actual: number): Check {
  return { name, expected: String(expected), actual: String(actual), is_ok: expected === actual };
}

/** 52 bits of an id: the numbers of a set take less than its texts. */
function idKey(datasetId: string): number {
  return Number.parseInt(createHash('md5').update(datasetId).digest('hex').slice(0, 13), 16);
}
