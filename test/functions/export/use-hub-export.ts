import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { type ExportDeps, type ExportOptions, exportDataset } from '../../../functions/export/export.ts';
import { createHubTarget } from '../../../functions/export/hub-target.ts';
import { type HubDatasetOptions, openHubDataset } from '../../../shared/hub.ts';
import { silentLogger } from '../../../shared/log.ts';
import { type HubStandIn, startHub } from '../../stand-ins/hub.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readParquet } from '../../support/parquet.ts';
import { insertCatalogue } from './articles.ts';

export const REPO = 'nobody/news';
const MARCH = new Date('2026-03-15T12:00:00Z');

/** A database without articles, a Hub with an empty dataset, and the export from one to the other, in March 2026. */
export function useHubExport() {
  let database: TestDatabase;
  let hub: HubStandIn;
  let scratchFolder: string;
  before(async () => {
    database = await createTestDatabase();
    await insertCatalogue(database.db);
  });
  after(() => database?.drop());
  beforeEach(async () => {
    await database.db.query('truncate news, hub_shards, sync_log cascade');
    hub = await startHub({ partSizeBytes: 2_000, readToken: 'hf_read' });
    await hub.create(REPO);
    scratchFolder = await mkdtemp(join(tmpdir(), 'scratch-'));
  });
  afterEach(async () => {
    await hub.close();
    await rm(scratchFolder, { recursive: true, force: true });
  });

  const target = (options: Partial<HubDatasetOptions> = {}) =>
    createHubTarget(
      openHubDataset({ endpoint: hub.url, token: 'hf_test', repo: REPO, branch: 'main', pauseMs: 1, ...options }),
      { scratchFolder },
    );
  return {
    db: () => database.db,
    databaseUrl: () => database.url,
    hub: () => hub,
    scratchFolder: () => scratchFolder,
    target,
    run: (options: Partial<ExportOptions> = {}, deps: Partial<ExportDeps> = {}) =>
      exportDataset(
        { repo: REPO, branch: 'main', now: MARCH, ...options },
        { db: database.db, target: target(), log: silentLogger, ...deps },
      ),
    /** All rows of the dataset. */
    rows: (repo = REPO) => readHubRows(hub, repo),
    paths: async (repo = REPO) => (await hub.files(repo)).map(({ path }) => path).sort(),
    /** What all rows together should be, as far as tests look. */
    published: async () => {
      const { rows } = await database.db.query<{ unique_id: string; title: string }>(
        'select unique_id, title from news where removed_at is null order by unique_id',
      );
      return rows;
    },
  };
}

async function readHubRows(hub: HubStandIn, repo: string): Promise<Record<string, unknown>[]> {
  const files = (await hub.files(repo)).filter(({ path }) => path.startsWith('data/'));
  const shards = files.map(async ({ path }) => readParquet(await hub.content(repo, path)));
  return (await Promise.all(shards)).flat();
}

/** Id and title of rows, by id in the order of Postgres: what most tests compare. */
export function titles(rows: readonly Record<string, unknown>[]) {
  return rows
    .map(({ unique_id, title }) => ({ unique_id, title }))
    .sort((a, b) => String(a.unique_id).localeCompare(String(b.unique_id)));
}
