import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { type ImportOptions, type ImportResult, importDataset } from '../../../functions/import/import.ts';
import { repairs } from '../../../functions/import/repair.ts';
import { type Validation, validateImport } from '../../../functions/import/validate.ts';
import type { Database } from '../../../shared/database.ts';
import { openDatasetFolder } from '../../../shared/dataset-folder.ts';
import { silentLogger } from '../../../shared/log.ts';
import { seedAgency, seedThemes } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

/** A database with agency `mec` and themes 01, 01.01, 02, and a folder of shards, both empty for each test. */
export function useImport() {
  let database: TestDatabase;
  let folder: string;
  const db = () => database.db;

  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-'));
    await db().query('truncate news, agencies, themes, imports, import_twins, outbox, requeues, replays cascade');
    await seedAgency(db());
    await seedThemes(db());
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = async (options: Partial<ImportOptions> = {}, into: Database = db()): Promise<ImportResult> =>
    importDataset(
      {
        source: options.source ?? (await openDatasetFolder(folder)),
        batchSize: 1000,
        repairs: [...repairs],
        createMissing: false,
        isResumed: false,
        ...options,
      },
      { db: into, log: silentLogger },
    );
  const validate = async (): Promise<Validation> =>
    validateImport(
      { source: await openDatasetFolder(folder), repairs, batchSize: 1000 },
      { db: db(), log: silentLogger },
    );
  const news = async (columns = '*') =>
    (await db().query<Record<string, unknown>>(`select ${columns} from news order by unique_id`)).rows;
  return { db, url: () => database.url, folder: () => folder, run, validate, news };
}
