import { resolve } from 'node:path';
import type { DatasetRef } from '../../functions/export/sql.ts';
import { type ImportResult, importDataset } from '../../functions/import/import.ts';
import { hubOptions, openSource } from '../../functions/import/open-source.ts';
import { type Repair, repairs } from '../../functions/import/repair.ts';
import { findImport, type ImportState, readCursors } from '../../functions/import/state-sql.ts';
import { type Validation, type ValidationOptions, validateImport } from '../../functions/import/validate.ts';
import type { Database } from '../../shared/database.ts';
import type { DatasetSource } from '../../shared/dataset-source.ts';
import type { Logger } from '../../shared/log.ts';
import { changedSinceExport } from './changed-files.ts';
import { cliLogger } from './cli-deps.ts';
import { formatImport, formatValidation } from './import-report.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { loadLocalSettings } from './settings.ts';

export type ImportPlaceOptions = GlobalOptions & {
  dataset?: string;
  path?: string;
  revision?: string;
  maxRecords?: number;
  json?: boolean;
};
export type MigrateHfOptions = ImportPlaceOptions & {
  batchSize: number;
  changed?: boolean;
  resume?: boolean;
  createAgencies?: boolean;
  repair: Repair[];
};

/**
 * Imports a dataset, and prints what came of it and the table of its validation.
 *
 * @throws {Error} at the end, when a check failed.
 */
export async function migrateHfToPg(options: MigrateHfOptions): Promise<void> {
  await withDatabase(options, async (db) => {
    const isResumed = options.resume === true;
    const underWay = isResumed ? await findDatasetImport(db, options) : undefined;
    const whole = await openImportSource(options, underWay?.status === 'open' ? underWay : undefined);
    const source = options.changed ? await changedSinceExport(whole, exportedAs(options), db) : whole;
    const progress = createProgress();
    const result = await importDataset(
      {
        source,
        batchSize: options.batchSize,
        maxRecords: options.maxRecords,
        repairs: options.repair,
        createMissing: options.createAgencies === true,
        isResumed,
      },
      {
        db,
        log: cliLogger(options),
        progress: ({ path, rowsDone, rowCount, rowsPerSecond, secondsLeft }) =>
          progress.update(
            `${path}: ${rowsDone} of ${rowCount} rows, ${Math.round(rowsPerSecond)} a second, ${Math.ceil(secondsLeft)} s left`,
          ),
      },
    );
    progress.done(`Imported in ${result.seconds} s, ${result.rows_per_second} rows a second`);
    // Of an import in parts, the part that is done.
    const part = result.is_done ? {} : { cursors: await readCursors(db, source.name) };
    const validation = await validate(db, cliLogger(options), source, part);
    print(options, { import: result, validation });
  });
}

/** The name under which the ledger knows what is imported. */
function exportedAs({ dataset, path }: ImportPlaceOptions): DatasetRef {
  const { EXPORT_REPO, EXPORT_BRANCH } = loadLocalSettings();
  return { repo: dataset ?? EXPORT_REPO ?? resolve(path!), branch: EXPORT_BRANCH };
}

/** Prints the table of the validation alone. @throws {Error} when a check failed. */
export async function validateMigration(options: ImportPlaceOptions): Promise<void> {
  await withDatabase(options, async (db) => {
    const source = await openImportSource(options, await findDatasetImport(db, options));
    print(options, { validation: await validate(db, cliLogger(options), source, { maxRecords: options.maxRecords }) });
  });
}

async function findDatasetImport(db: Database, { dataset }: ImportPlaceOptions): Promise<ImportState | undefined> {
  return dataset ? await findImport(db, `dataset ${dataset}`) : undefined;
}

/**
 * The source of the options; where they name no revision, that of its import. What changed since an export is looked for
 * on the branch that the export writes to.
 */
async function openImportSource(
  options: ImportPlaceOptions & Pick<MigrateHfOptions, 'changed'>,
  known: ImportState | undefined,
): Promise<DatasetSource> {
  const settings = loadLocalSettings();
  const exported = options.changed ? settings.EXPORT_BRANCH : undefined;
  const { dataset, path, revision = known?.revision ?? exported } = options;
  return await openSource(dataset ? { dataset, revision } : { path: path! }, hubOptions(settings));
}

async function validate(
  db: Database,
  log: Logger,
  source: DatasetSource,
  part: Pick<ValidationOptions, 'maxRecords' | 'cursors'>,
): Promise<Validation> {
  const known = await findImport(db, source.name);
  const progress = createProgress();
  return await validateImport(
    { source, repairs: known?.options.repairs ?? repairs, ...part, batchSize: 1000 },
    { db, log, progress: (rows) => progress.update(`validate: ${rows} rows`) },
  );
}

function print(options: ImportPlaceOptions, result: { import?: ImportResult; validation: Validation }): void {
  if (options.json) console.log(JSON.stringify(result, null, 2));
  else {
    if (result.import) console.log(`${formatImport(result.import)}\n`);
    console.log(formatValidation(result.validation));
  }
  const failed = result.validation.checks.filter(({ is_ok }) => !is_ok).map(({ name }) => name);
  if (failed.length > 0) throw new Error(`the table is not what the source says: ${failed.join('; ')}`);
}
