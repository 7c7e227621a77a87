import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { createHandler } from '../../../functions/export/handler.ts';
import { exportAndFlush } from '../../../functions/export/journal.ts';
import type { DatasetTarget } from '../../../functions/export/target.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import type { Database } from '../../../shared/database.ts';
import { RetryableError } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { listJournal } from '../../../shared/sql/journal.ts';
import { type StorageBackendName, sessionSettings } from '../../../shared/storage-settings.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { datasetRow, writeShard } from '../../support/dataset.ts';
import { insertArticles, insertCatalogue, readIds } from './articles.ts';

describe('export of what is journaled', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  let folder: string;
  let target: DatasetTarget;
  let server: FunctionServer | undefined;
  before(async () => {
    database = await createTestDatabase();
    db = await openPostgres({ url: database.url }, { sessionSettings: sessionSettings('dual_write') });
    await insertCatalogue(db);
  });
  after(async () => {
    await db?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await db.query('truncate news, hub_journal, hub_shards, sync_log cascade');
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
    target = createFolderTarget(folder);
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await rm(folder, { recursive: true });
  });

  const destinations = () => ({ full: { target, repo: 'r', branch: 'main' } });
  const insert = (...ids: string[]) =>
    insertArticles(
      db,
      ids.map((id) => ({ id, publishedAt: '2026-02-10T12:00:00Z' })),
    );
  const open = async () => (await listJournal(db, 100)).map(({ uniqueId }) => uniqueId).sort();
  const call = async (body: object, storageBackend: StorageBackendName = 'dual_write') => {
    const now = () => new Date('2026-03-15T12:00:00Z');
    const handler = createHandler({ db, destinations: destinations(), log: silentLogger, now, storageBackend });
    server = await serveFunction('export', handler);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = (await response.json()) as Record<string, unknown>;
    await server.close();
    server = undefined;
    return { status: response.status, ...answer };
  };
  const log = async () =>
    (
      await db.query(
        `select operation, status, records_processed, records_failed, error_message from sync_log
         where operation = 'flush_journal'`,
      )
    ).rows;

  test('the frequent call does nothing while nothing is journaled', async () => {
    assert.deepEqual(await call({ only_journaled: true }), { status: 200, skipped: 'nothing is journaled' });
    assert.deepEqual([await target.readTree().then(({ head }) => head), await log()], [null, []]);
  });

  test('a flush brings to the dataset what is journaled, and is on record', async () => {
    await insert('a', 'b');
    const { status, journalFlushed } = (await call({ only_journaled: true })) as Record<string, unknown>;
    assert.deepEqual([status, journalFlushed, await open()], [200, 2, []]);
    assert.deepEqual(await readIds(folder), { 'train-2026-02.parquet': ['a', 'b'] });
    assert.deepEqual(await log(), [
      {
        operation: 'flush_journal',
        status: 'succeeded',
        records_processed: 2,
        records_failed: 0,
        error_message: null,
      },
    ]);
    await db.query(`update news set removed_at = now() where unique_id = 'a'`);
    await db.query(`delete from news where unique_id = 'b'`);
    await insert('c');
    assert.deepEqual(await open(), ['a', 'b', 'c']);
    await call({ only_journaled: true });
    assert.deepEqual([await open(), await readIds(folder)], [[], { 'train-2026-02.parquet': ['c'] }]);
  });

  test('what is written between the snapshot and the flush stays', async () => {
    await insert('a', 'b');
    const { commit } = target;
    target.commit = async (changes) => {
      await db.query(`update news set title = 'Outro' where unique_id = 'a'`);
      await insert('c');
      return await commit(changes);
    };
    await call({});
    assert.deepEqual(await open(), ['a', 'c']);
    target.commit = commit;
    await call({ only_journaled: true });
    assert.deepEqual([await open(), await readIds(folder)], [[], { 'train-2026-02.parquet': ['a', 'b', 'c'] }]);
  });

  test('a commit that fails leaves the journal as it is, on record, and the next run repairs it', async () => {
    await insert('a');
    const commit = target.commit;
    target.commit = async () => {
      throw new RetryableError('The Hub answers 503');
    };
    assert.equal((await call({ only_journaled: true })).status, 500);
    assert.deepEqual(await open(), ['a']);
    const [failed] = await log();
    assert.deepEqual(
      [failed!.status, failed!.records_failed, failed!.error_message],
      ['failed', 1, 'RetryableError: The Hub answers 503'],
    );
    target.commit = commit;
    assert.equal((await call({ only_journaled: true })).status, 200);
    assert.deepEqual(await open(), []);
  });

  test('a death between the commit and the flush is repaired by the next run, without a second commit', async () => {
    await insert('a');
    const dying = {
      ...db,
      query: ((text, values) => {
        if (/delete from hub_journal/.test(text)) throw new Error('killed');
        return db.query(text, values);
      }) as Database['query'],
    };
    const now = new Date('2026-03-15T12:00:00Z');
    await assert.rejects(exportAndFlush(destinations(), { now }, { db: dying, log: silentLogger }), /killed/);
    assert.deepEqual(await open(), ['a']);
    const { head } = await target.readTree();
    const again = await call({ only_journaled: true });
    assert.deepEqual([await open(), again], [[], { ...again, commit: null, journalFlushed: 1 }]);
    assert.equal((await target.readTree()).head, head);
  });

  test('all that the snapshot holds is struck off, however much it is', async () => {
    await insert('a');
    await db.query(
      `insert into hub_journal (unique_id, version) select 'x' || n, 1 from generate_series(1, 100001) as n`,
    );
    const { journalFlushed } = (await call({ only_journaled: true })) as Record<string, unknown>;
    assert.deepEqual([journalFlushed, await open()], [100_002, []]);
  });

  test('the frequent call brings what no session journaled, in every phase that writes to the dataset at once', async () => {
    const skipped = { status: 200, skipped: 'nothing is journaled' };
    await insert('a');
    await call({});
    assert.deepEqual(await call({ only_journaled: true }, 'dual_write'), skipped);
    // As the sessions of the phase before do.
    const unjournaled = await openPostgres({ url: database.url }, {});
    await unjournaled.query(`update news set title = 'Outro' where unique_id = 'a'`);
    await unjournaled.close();
    assert.deepEqual(await call({ only_journaled: true }, 'postgres'), skipped);
    const { added } = (await call({ only_journaled: true }, 'huggingface')) as { added?: string[] };
    assert.deepEqual(added, ['data/train-2026-02.parquet']);
    assert.deepEqual(await call({ only_journaled: true }, 'huggingface'), skipped);
  });

  test('a dry run strikes off nothing', async () => {
    await insert('a');
    await call({ dry_run: true });
    assert.deepEqual(await open(), ['a']);
  });

  test('shards of others are not deleted while readers are served from the dataset, unless that is asked for', async () => {
    await writeShard(folder, 'data/train-00000-of-00001.parquet', [datasetRow('antiga', '2026-01-05T12:00:00Z')]);
    await insert('a');
    assert.equal((await call({}, 'huggingface')).status, 400, 'nothing says that they were imported');
    assert.equal((await call({})).status, 200, 'the first export replaces what the predecessor left');
    const foreign = 'data/train-2026-03-15-063000.parquet';
    await writeShard(folder, foreign, [datasetRow('de-outros', '2026-03-15T12:00:00Z')]);
    await insert('b');
    const refused = (await call({ only_journaled: true }, 'huggingface')) as { status: number; error?: string };
    assert.equal(refused.status, 400);
    assert.match(refused.error!, /train-2026-03-15-063000\.parquet.*migrate-hf-to-pg/);
    assert.deepEqual([await open(), (await log()).at(-1)!.status], [['b'], 'failed']);
    assert.equal((await call({ full_sync: true }, 'huggingface')).status, 200);
    assert.ok(!(await target.readTree()).files.has(foreign));
    assert.deepEqual(await open(), []);
  });
});
