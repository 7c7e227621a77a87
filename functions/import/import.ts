import type { Database } from '../../shared/database.ts';
import type { DatasetSource } from '../../shared/dataset-source.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { readAhead } from '../../shared/read-ahead.ts';
import { type Batch, readBatches, rowReader } from './batches.ts';
import { openCatalogue } from './catalogue.ts';
import { type PlannedFile, planFiles } from './plan.ts';
import { emptyReport, type ImportReport, noteExample, noteMapped } from './report.ts';
import {
  findImport,
  type ImportOrder,
  insertImport,
  moveCursor,
  readCursors,
  reopenImport,
  saveReport,
} from './state-sql.ts';
import { storeBatch } from './store.ts';

export interface ImportOptions extends ImportOrder {
  source: DatasetSource;
  /** Rows of a transaction. */
  batchSize: number;
  /** Rows read by this call at most; all unless given. */
  maxRecords?: number | undefined;
  /** Goes on where the last import of the source stopped; else from its first row. */
  isResumed: boolean;
  /** No further batch begins after this instant of `performance.now()`. */
  until?: number;
}

export interface ImportDeps {
  db: Database;
  log: Logger;
  progress?(state: ImportProgress): void;
}

/** How far an import is: after each batch. */
export interface ImportProgress {
  path: string;
  /** Of the whole source, those of earlier calls included. */
  rowsDone: number;
  rowCount: number;
  /** Of this call. */
  rowsPerSecond: number;
  secondsLeft: number;
}

export interface ImportResult {
  source: string;
  revision: string | null;
  files: number;
  /** Paths of Parquet files that are no part of it. */
  left_out: readonly string[];
  /** Of the source. */
  row_count: number;
  rows_done: number;
  is_done: boolean;
  /** Of this call. */
  seconds: number;
  /** Of them, those in which the database worked; in the others it waited for rows. */
  storing_seconds: number;
  rows_per_second: number;
  /** Of all calls since the import began. */
  report: ImportReport;
}

/**
 * Brings the rows of a dataset into the table, in the order of its files. Each batch commits with the cursor behind it,
 * so that a run that was killed goes on without a gap or a double. Writes no messages: what is imported waits, parked,
 * for an operator's replay.
 *
 * @throws {PermanentError} when a file is no shard of the dataset (then nothing is written), was replaced while it was
 * read, or another import of the source is at work.
 */
export async function importDataset(options: ImportOptions, deps: ImportDeps): Promise<ImportResult> {
  const { source } = options;
  const startedAt = performance.now();
  const files = await planFiles(source);
  const run = await openRun(options, deps.db);
  const rowCount = files.reduce((sum, file) => sum + file.rowCount, 0);
  const total = { rowCount, rowsDone: files.reduce((sum, file) => sum + run.nextRow(file), 0) };
  const doneBefore = total.rowsDone;
  const seconds = () => (performance.now() - startedAt) / 1000;

  const isOver = () => options.until !== undefined && performance.now() >= options.until;
  let storingSeconds = 0;
  await using reader = rowReader(deps.log);
  for (const planned of files) {
    const taken = total.rowsDone - doneBefore;
    const from = run.nextRow(planned);
    const to = Math.min(planned.rowCount, from + (options.maxRecords ?? Number.MAX_SAFE_INTEGER) - taken);
    if (from >= to || isOver()) continue;
    for await (const batch of readAhead(readBatches(planned, from, to, { ...run.reading, reader }))) {
      const storingSince = seconds();
      await run.store(planned, batch);
      storingSeconds += seconds() - storingSince;
      total.rowsDone += batch.end - batch.start;
      const rowsPerSecond = (total.rowsDone - doneBefore) / seconds();
      const secondsLeft = (rowCount - total.rowsDone) / rowsPerSecond;
      deps.progress?.({ path: planned.file.path, ...total, rowsPerSecond, secondsLeft });
      if (isOver()) break;
    }
  }
  const isDone = total.rowsDone >= rowCount;
  if (isDone) await saveReport(deps.db, source.name, 'done', run.report());
  const result = {
    source: source.name,
    revision: source.revision,
    files: files.length,
    left_out: source.leftOut,
    row_count: rowCount,
    rows_done: total.rowsDone,
    is_done: isDone,
    seconds: Math.round(seconds() * 100) / 100,
    storing_seconds: Math.round(storingSeconds * 100) / 100,
    rows_per_second: Math.round((total.rowsDone - doneBefore) / seconds()),
    report: run.report(),
  };
  deps.log.info('import run', { stage: 'import', source: source.name, rowsDone: total.rowsDone, rowCount, isDone });
  return result;
}

/** What is known and noted while an import runs. */
async function openRun(options: ImportOptions, db: Database) {
  const { source, repairs, createMissing } = options;
  const earlier = options.isResumed ? await findImport(db, source.name) : undefined;
  if (earlier) await reopenImport(db, source.name, source.revision);
  const state =
    earlier ??
    (await db.transaction((tx) => insertImport(tx, source.name, source.revision, { repairs, createMissing })));
  const cursors = await readCursors(db, source.name);
  const catalogue = await openCatalogue(db);
  // What an older release began may lack a count.
  let report: ImportReport = { ...emptyReport(), ...state.report };

  const cursorOf = ({ file, fingerprint }: PlannedFile) => {
    const cursor = cursors.get(file.path);
    return cursor?.fingerprint === fingerprint ? cursor.nextRow : undefined;
  };
  return {
    reading: {
      catalogue,
      repairs: new Set(state.options.repairs),
      createMissing: state.options.createMissing,
      batchSize: options.batchSize,
    },
    report: () => report,
    nextRow: (planned: PlannedFile) => cursorOf(planned) ?? 0,
    async store(planned: PlannedFile, batch: Batch) {
      const { path } = planned.file;
      const next = structuredClone(report);
      noteMapped(next, path, batch.rows);
      if (cursorOf(planned) === undefined) next.replaced_rows += cursors.get(path)?.nextRow ?? 0;
      next.created_agencies.push(...batch.created.agencies);
      next.created_themes.push(...batch.created.themes);
      await db.transaction(async (tx) => {
        const { outcomes, twins, homeless } = await storeBatch(
          tx,
          batch.rows.flatMap(({ article }) => article ?? []),
        );
        for (const outcome of ['inserted', 'updated', 'unchanged', 'merged'] as const)
          next[outcome] += outcomes[outcome];
        for (const { dataset_id, unique_id } of twins)
          noteExample(next, `${path}: ${dataset_id} went into ${unique_id}`);
        for (const { dataset_id } of homeless) noteExample(next, `${path}: no unique_id is free for ${dataset_id}`);
        next.rejected += homeless.length;
        const file = { source: source.name, path, fingerprint: planned.fingerprint };
        if (!(await moveCursor(tx, file, cursorOf(planned), batch.end))) {
          throw new PermanentError(`Another import of ${source.name} is at work in ${path}: let it come to its end`);
        }
        await saveReport(tx, source.name, 'open', next);
      });
      report = next;
      cursors.set(path, { fingerprint: planned.fingerprint, nextRow: batch.end });
    },
  };
}
