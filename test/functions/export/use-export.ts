import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { type ExportDeps, type ExportOptions, exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { silentLogger } from '../../../shared/log.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { insertCatalogue } from './articles.ts';

const MARCH = new Date('2026-03-15T12:00:00Z');

/** A database without articles and an empty folder for each test, and the export from one to the other, in March 2026. */
export function useExport() {
  let database: TestDatabase;
  let folder: string;
  before(async () => {
    database = await createTestDatabase();
    await insertCatalogue(database.db);
  });
  after(() => database?.drop());
  beforeEach(async () => {
    await database.db.query('truncate news, hub_shards, sync_log cascade');
    folder = await mkdtemp(join(tmpdir(), 'dataset-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  return {
    db: () => database.db,
    folder: () => folder,
    run: (options: Partial<ExportOptions> = {}, deps: Partial<ExportDeps> = {}) =>
      exportDataset(
        { repo: 'dataset', branch: 'main', now: MARCH, ...options },
        { db: database.db, target: createFolderTarget(folder), log: silentLogger, ...deps },
      ),
    /** Of the shards, by name: a file that was written anew has another. */
    inodes: async () => {
      const names = await readdir(join(folder, 'data'));
      const entries = names.map(async (name) => [name, (await stat(join(folder, 'data', name))).ino] as const);
      return new Map(await Promise.all(entries));
    },
    ledger: async () => (await database.db.query('select * from hub_shards order by path')).rows,
  };
}
