import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { uploadFiles } from '@huggingface/hub';
import { openDestinations } from '../../../functions/export/config.ts';
import { exportAndFlush } from '../../../functions/export/journal.ts';
import { importDataset } from '../../../functions/import/import.ts';
import { changedSinceExport } from '../../../infra/local/changed-files.ts';
import { compareBackends } from '../../../infra/local/compare-backends.ts';
import type { Database } from '../../../shared/database.ts';
import { openDatasetFolder } from '../../../shared/dataset-folder.ts';
import type { DatasetRow } from '../../../shared/dataset-schema.ts';
import type { DatasetSource } from '../../../shared/dataset-source.ts';
import { openHubSource } from '../../../shared/hub-files.ts';
import { silentLogger } from '../../../shared/log.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { readJournalState } from '../../../shared/sql/journal.ts';
import { openDataset, openStorage } from '../../../shared/storage.ts';
import {
  datasetLocation,
  type StorageBackendName,
  type StorageConfig,
  sessionSettings,
} from '../../../shared/storage-settings.ts';
import { startHub } from '../../stand-ins/hub.ts';
import { articleInput, seedAgency } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { datasetRow, writeShard } from '../../support/dataset.ts';

const month = { startDate: '2026-03-01', endDate: '2026-03-31' };
const foreign = 'data/train-2026-03-20-063000.parquet';

/** A place for the dataset: what the functions are told of it, and what others do there. */
interface Place {
  settings: Pick<StorageConfig, 'EXPORT_DIR' | 'EXPORT_REPO' | 'HF_ENDPOINT' | 'HF_TOKEN'>;
  /** Opens the files as an import does. */
  openSource(): Promise<DatasetSource>;
  /** Another pipeline publishes a shard. */
  publish(path: string, rows: readonly Partial<DatasetRow>[]): Promise<void>;
  close(): Promise<void>;
}

async function openFolder(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'phases-'));
  return {
    settings: { EXPORT_DIR: folder, HF_ENDPOINT: 'http://127.0.0.1' },
    openSource: () => openDatasetFolder(folder),
    publish: (path, rows) => writeShard(folder, path, rows),
    close: () => rm(folder, { recursive: true }),
  };
}

async function openHub(): Promise<Place> {
  const hub = await startHub();
  const folder = await mkdtemp(join(tmpdir(), 'phases-'));
  const id = 'destaques/news';
  await hub.create(id);
  return {
    settings: { EXPORT_REPO: id, HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_test' },
    openSource: () => openHubSource(id, 'main', { endpoint: hub.url }),
    publish: async (path, rows) => {
      await writeShard(folder, path, rows);
      const files = [{ path, content: new Blob([await readFile(join(folder, path))]) }];
      await uploadFiles({ repo: { type: 'dataset', name: id }, accessToken: 'hf_test', hubUrl: hub.url, files });
    },
    close: async () => {
      await hub.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The dataset's name in the ledger. */
function ledgerName({ settings }: Place) {
  return { repo: settings.EXPORT_REPO ?? settings.EXPORT_DIR!, branch: 'main' };
}

const places = { 'a folder': openFolder, 'the Hub': openHub };
for (const [name, open] of Object.entries(places)) tellStory(name, open);

function tellStory(placeName: string, openPlace: () => Promise<Place>) {
  describe(`the move from Postgres to the dataset and back, in ${placeName}`, { skip: withoutPostgres }, () => {
    let database: TestDatabase;
    let place: Place;
    before(async () => {
      database = await createTestDatabase();
      await seedAgency(database.db);
      place = await openPlace();
    });
    after(async () => {
      await database?.drop();
      await place?.close();
    });

    /** All functions as they are deployed in a phase: their sessions, and what their readers are served from. */
    async function inPhase(backend: StorageBackendName, work: (phase: Phase) => Promise<void>): Promise<void> {
      const db = await openPostgres({ url: database.url }, { sessionSettings: sessionSettings(backend) });
      const settings = { ...place.settings, STORAGE_BACKEND: backend, EXPORT_BRANCH: 'main' };
      const store = async (name: string, fields = {}) => {
        const storage = openStorage(settings, db);
        const article = articleInput({
          title: name,
          canonicalUrl: `https://www.gov.br/mec/${name}`,
          publishedAt: new Date(`2026-03-${String(names.length + 1).padStart(2, '0')}T12:00:00Z`),
          ...fields,
        });
        const [stored] = await db.transaction((tx) => storage.insert(tx, [article]));
        assert.equal(stored?.status, 'inserted');
        names.push(name);
        return stored.unique_id!;
      };
      const flush = () =>
        exportAndFlush(
          openDestinations(settings),
          { now: new Date('2026-03-31T12:00:00Z'), storageBackend: backend },
          { db, log: silentLogger },
        );
      // Opened anew: readers of a running instance see a commit a minute later at most.
      const read = async (id: string) => (await openStorage(settings, db).getByUniqueId(id))?.title;
      try {
        await work({ db, store, flush, read });
      } finally {
        await db.close();
      }
    }
    interface Phase {
      db: Database;
      store(name: string, fields?: object): Promise<string>;
      flush(): Promise<{ journalFlushed: number }>;
      read(id: string): Promise<string | undefined>;
    }
    const names: string[] = [];
    const ids: Record<string, string> = {};

    /** Row for row: every article, every field. */
    const compare = () =>
      compareBackends(
        { window: month, sampleCount: 1000 },
        {
          db: database.db,
          dataset: openDataset(
            datasetLocation({ ...place.settings, STORAGE_BACKEND: 'postgres', EXPORT_BRANCH: 'main' })!,
          ),
        },
      );
    const assertEqual = async (count: number) => {
      const { is_equal: isEqual, sampled, journal_open: open, differences } = await compare();
      assert.deepEqual(
        { isEqual, sampled, open, differences },
        { isEqual: true, sampled: count, open: 0, differences: [] },
      );
    };

    test('postgres: nothing is journaled, the daily export brings what changed', async () => {
      await inPhase('postgres', async ({ store, flush, read, db }) => {
        ids.first = await store('primeira');
        ids.removed = await store('removida');
        assert.equal((await readJournalState(db)).open, 0);
        assert.equal(await read(ids.first), 'primeira');
        await flush();
      });
      await assertEqual(2);
    });

    test('dual_write: writes reach both sides, readers stay with Postgres', async () => {
      await inPhase('dual_write', async ({ store, flush, read, db }) => {
        ids.second = await store('segunda');
        await db.query(`update news set title = 'primeira, editada' where unique_id = $1`, [ids.first]);
        await db.query('update news set removed_at = now() where unique_id = $1', [ids.removed]);
        assert.equal(await read(ids.first!), 'primeira, editada');
        const { journal_open: open, is_equal: isEqual, missing, extra } = await compare();
        assert.deepEqual([open, isEqual, missing, extra], [3, false, [ids.second], [ids.removed]]);
        assert.equal((await flush()).journalFlushed, 3);
      });
      await assertEqual(2);
    });

    test('huggingface: readers are served from the dataset, Postgres keeps the working state', async () => {
      await inPhase('huggingface', async ({ store, flush, read, db }) => {
        ids.third = await store('terceira');
        await db.query(`update news set title = 'segunda, editada' where unique_id = $1`, [ids.second]);
        assert.deepEqual([await read(ids.second!), await read(ids.third)], ['segunda', undefined]);
        assert.equal((await flush()).journalFlushed, 2);
        assert.deepEqual([await read(ids.second!), await read(ids.third)], ['segunda, editada', 'terceira']);
      });
      await assertEqual(3);
    });

    test('huggingface: what another pipeline publishes is kept from our exports, found, and imported', async () => {
      await place.publish(foreign, [
        datasetRow('de-outro_0a1b2c', '2026-03-20T09:30:00Z', { url: 'https://www.gov.br/mec/de-outro' }),
      ]);
      await inPhase('huggingface', async ({ store, flush, read, db }) => {
        ids.fourth = await store('quarta');
        await assert.rejects(flush(), /shards that this pipeline did not write/);
        assert.equal((await readJournalState(db)).open, 1);
        assert.equal(await read('de-outro_0a1b2c'), 'Título de de-outro_0a1b2c');
        const changed = await changedSinceExport(await place.openSource(), ledgerName(place), db);
        assert.deepEqual(
          changed.files.map(({ path }) => path),
          [foreign],
        );
        await importRows(changed, db);
      });
      assert.deepEqual((await compare()).extra, []);
    });

    test('back to dual_write: the shard of the other pipeline gives way to ours, with its article', async () => {
      await inPhase('dual_write', async ({ store, flush, read, db }) => {
        ids.fifth = await store('quinta');
        await flush();
        assert.equal(await read('de-outro_0a1b2c'), 'Título de de-outro_0a1b2c');
        const changed = await changedSinceExport(await place.openSource(), ledgerName(place), db);
        assert.deepEqual(changed.files, []);
      });
      await assertEqual(6);
    });

    test('back to postgres: an open journal is flushed by the daily export, and nothing is lost', async () => {
      await inPhase('dual_write', async ({ db }) => {
        await db.query(`update news set title = 'terceira, editada' where unique_id = $1`, [ids.third]);
      });
      await inPhase('postgres', async ({ store, flush, read, db }) => {
        ids.sixth = await store('sexta');
        assert.equal((await readJournalState(db)).open, 1);
        assert.equal((await flush()).journalFlushed, 1);
        assert.equal(await read(ids.third!), 'terceira, editada');
      });
      await assertEqual(7);
      const { rows } = await database.db.query<{ title: string }>(
        'select title from news where removed_at is null order by title',
      );
      assert.deepEqual(
        rows.map(({ title }) => title),
        [
          'Título de de-outro_0a1b2c',
          'primeira, editada',
          'quarta',
          'quinta',
          'segunda, editada',
          'sexta',
          'terceira, editada',
        ].sort(),
      );
    });

    /** As `migrate-hf-to-pg --changed` does. */
    async function importRows(source: DatasetSource, db: Database): Promise<void> {
      const result = await importDataset(
        { source, batchSize: 100, isResumed: false, repairs: [], createMissing: false },
        { db, log: silentLogger },
      );
      assert.equal(result.is_done, true);
    }
  });
}
