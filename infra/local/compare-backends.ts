import { createHash } from 'node:crypto';
import type { Database } from '../../shared/database.ts';
import type { UnreadableFile } from '../../shared/dataset-footers.ts';
import type { DatasetQuery, RowPlace } from '../../shared/dataset-query.ts';
import { type DatasetRow, datasetColumns } from '../../shared/dataset-schema.ts';
import { listPublishedIds, readDatasetRows } from '../../shared/sql/dataset-rows.ts';
import { readJournalState } from '../../shared/sql/journal.ts';
import { saoPauloDay, saoPauloInstant } from '../../shared/time.ts';
import { addDays, type DateWindow } from '../../shared/window.ts';

/** A value that is not the same on both sides. */
export interface FieldDifference {
  unique_id: string;
  field: keyof DatasetRow;
  postgres: DatasetRow[keyof DatasetRow];
  dataset: DatasetRow[keyof DatasetRow];
}

export interface Comparison {
  /** Articles by day of publication, the oldest day first. */
  days: { day: string; postgres: number; dataset: number }[];
  /** Ids that Postgres has and the dataset lacks. */
  missing: string[];
  /** Ids that the dataset has and Postgres lacks, or holds for removed. */
  extra: string[];
  /** Ids that the dataset has more than once. */
  repeated: string[];
  /** Files of the dataset that no reader gets a row from. */
  unreadable: UnreadableFile[];
  /** Articles of which every field was compared. */
  sampled: number;
  differences: FieldDifference[];
  /** Changes that wait for the dataset, before or after it was read: equality is to be expected when there are none. */
  journal_open: number;
  is_equal: boolean;
}

/** Rows of a sample that are held at once. */
const batchRows = 50;

/**
 * Compares which articles of some days Postgres and the dataset have, and all fields of a sample: the same one whenever
 * it is drawn from the same articles.
 */
export async function compareBackends(
  { window, sampleCount }: { window: DateWindow; sampleCount: number },
  { db, dataset }: { db: Database; dataset: DatasetQuery },
): Promise<Comparison> {
  const from = midnight(window.startDate);
  const to = midnight(addDays(window.endDate, 1));
  // Before the dataset is looked at: what is flushed meanwhile was open then.
  const { open: openBefore } = await readJournalState(db);
  const places = new Map<string, RowPlace>();
  const repeated = new Set<string>();
  for await (const found of dataset.scan({ from: from.getTime() * 1000, to: to.getTime() * 1000 })) {
    for (const place of found) {
      if (places.has(place.uniqueId)) repeated.add(place.uniqueId);
      places.set(place.uniqueId, place);
    }
  }
  const { published, openAfter } = await db.snapshot(async (tx) => ({
    published: await listPublishedIds(tx, { from, to }),
    openAfter: (await readJournalState(tx)).open,
  }));
  const inPostgres = new Set(published.map(({ uniqueId }) => uniqueId));

  const common = [...places.values()].filter(({ uniqueId }) => inPostgres.has(uniqueId));
  const sample = common.sort((a, b) => compareTexts(drawnBy(a), drawnBy(b))).slice(0, sampleCount);
  const differences: FieldDifference[] = [];
  for (let start = 0; start < sample.length; start += batchRows) {
    differences.push(...(await compareRows(sample.slice(start, start + batchRows), db, dataset)));
  }
  const unreadable = dataset.unreadable();
  const missing = published.map(({ uniqueId }) => uniqueId).filter((id) => !places.has(id));
  const extra = [...places.keys()].filter((id) => !inPostgres.has(id));
  return {
    days: countDays(window, published, [...places.values()]),
    missing: missing.sort(),
    extra: extra.sort(),
    repeated: [...repeated].sort(),
    unreadable,
    sampled: sample.length,
    differences,
    journal_open: Math.max(openBefore, openAfter),
    is_equal: missing.length + extra.length + repeated.size + unreadable.length + differences.length === 0,
  };
}

async function compareRows(places: readonly RowPlace[], db: Database, dataset: DatasetQuery) {
  const rows = await readDatasetRows(
    db,
    places.map(({ uniqueId }) => uniqueId),
  );
  const inPostgres = new Map(rows.map((row) => [row.unique_id, row]));
  const inDataset = await dataset.read(places);
  return inDataset.flatMap((row): FieldDifference[] => {
    const expected = inPostgres.get(row.unique_id);
    if (!expected) return [];
    return datasetColumns
      .filter(({ name }) => JSON.stringify(row[name]) !== JSON.stringify(expected[name]))
      .map(({ name }) => ({
        unique_id: row.unique_id!,
        field: name,
        postgres: expected[name],
        dataset: row[name],
      }));
  });
}

function countDays(
  { startDate, endDate }: DateWindow,
  postgres: readonly { publishedAt: number }[],
  dataset: readonly { publishedAt: number }[],
): Comparison['days'] {
  const byDay = (rows: readonly { publishedAt: number }[]) =>
    Map.groupBy(rows, ({ publishedAt }) => saoPauloDay(new Date(Math.floor(publishedAt / 1000))));
  const [inPostgres, inDataset] = [byDay(postgres), byDay(dataset)];
  const days: Comparison['days'] = [];
  for (let day = startDate; day <= endDate; day = addDays(day, 1)) {
    days.push({ day, postgres: inPostgres.get(day)?.length ?? 0, dataset: inDataset.get(day)?.length ?? 0 });
  }
  return days;
}

function midnight(day: string): Date {
  const [year, month, date] = day.split('-').map(Number);
  return saoPauloInstant({ year: year!, month: month!, day: date! });
}

/** Spreads a sample over all articles, whatever their agencies and hours. */
function drawnBy({ uniqueId }: RowPlace): string {
  return createHash('md5').update(uniqueId).digest('hex');
}

function compareTexts(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}
