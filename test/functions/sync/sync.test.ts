import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createHandler } from '../../../functions/sync/handler.ts';
import { postgresIndex, type SearchIndex } from '../../../functions/sync/search-index.ts';
import { markSynced, releaseSyncLeases, takeSyncLeases } from '../../../functions/sync/sql.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { createTypesense, type Typesense } from '../../../shared/typesense.ts';
import { startTypesense, type TypesenseStandIn } from '../../stand-ins/typesense.ts';
import { createRecorder, nudges, push, readArticle, seedArticle, seedThemes } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { openTypesenseIndex } from '../../support/typesense-index.ts';

const leaseMs = 400;

describe('sync', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let standIn: TypesenseStandIn;
  let typesense: Typesense;
  let index: SearchIndex;
  let server: FunctionServer;
  const recorder = createRecorder();
  /** Runs between what `sync` read and what it writes. */
  let beforeUpsert: () => Promise<void> = async () => {};

  const serve = (index: SearchIndex) =>
    serveFunction('sync', createHandler({ ...recorder, db: database.db, index, leaseMs }));

  before(async () => {
    database = await createTestDatabase();
    await seedThemes(database.db);
    standIn = await startTypesense({ apiKey: 'key' });
    typesense = createTypesense({ ...standIn, protocol: 'http', apiKey: 'key', timeoutMs: 200 });
    index = await openTypesenseIndex(typesense, database.db);
    const { targets, upsert, remove } = index.writer!;
    server = await serve({
      ...index,
      writer: {
        targets,
        upsert: async (documents, deadline, collection) => {
          await beforeUpsert();
          return await upsert(documents, deadline, collection);
        },
        remove,
      },
    });
  });
  after(async () => {
    await server?.close();
    typesense?.close();
    await standIn?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news, outbox, quarantine cascade');
    for (const { id } of standIn.documents('news')) await typesense.deleteDocument(id);
    standIn.recover();
    recorder.published.length = 0;
    beforeUpsert = async () => {};
  });

  const edit = (set: string) => database.db.query(`update news set ${set}`);
  const documents = () => standIn.documents('news');
  const isPending = async () =>
    (await database.db.query('select from news where synced_version < version')).rowCount === 1;
  const hasLease = async () =>
    (await database.db.query('select from news where sync_lease_token is not null')).rowCount === 1;
  const openFailures = async () =>
    (await database.db.query<{ error: string }>('select error from quarantine where closed_at is null')).rows;

  test('writes the document with its version, marks the row, announces it and gives the lease back', async () => {
    const message = await seedArticle(database.db);
    await edit(`summary = 'Resumo.', theme_l1_id = (select id from themes where code = '01')`);
    assert.equal(await push(server.url, message), 204);
    const [document] = documents();
    const { id, version, title, summary, theme_1_level_1_label } = document!;
    assert.deepEqual(
      { id, version, title, summary, theme_1_level_1_label },
      {
        id: message.unique_id,
        version: 2,
        title: 'Ministério anuncia obras em escolas',
        summary: 'Resumo.',
        theme_1_level_1_label: 'Economia e Finanças',
      },
    );
    const row = await readArticle(database.db, message.unique_id);
    assert.deepEqual([row.synced_version, row.sync_lease_token, row.sync_lease_until], [2, null, null]);
    assert.deepEqual(nudges(recorder.published), [`synced ${message.unique_id} 2`]);
  });

  test('a message of what is synced already asks nothing of the index and announces nothing', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    const requests = standIn.requests().length;
    recorder.published.length = 0;
    assert.equal(await push(server.url, message), 204);
    assert.equal(standIn.requests().length, requests);
    assert.deepEqual(recorder.published, []);
  });

  test('an edit while it writes ends with the document of the last version', async () => {
    const message = await seedArticle(database.db);
    let edits = 0;
    beforeUpsert = async () => {
      if (++edits === 1) await edit(`title = 'Editada'`);
    };
    assert.equal(await push(server.url, message), 204);
    assert.deepEqual(
      documents().map(({ title, version }) => [title, version]),
      [['Editada', 2]],
    );
    assert.equal(await isPending(), false);
    assert.deepEqual(nudges(recorder.published), [`synced ${message.unique_id} 2`]);
  });

  test('a removal while it writes ends without a document', async () => {
    const message = await seedArticle(database.db);
    let writes = 0;
    beforeUpsert = async () => {
      if (++writes === 1) await edit('removed_at = now()');
    };
    assert.equal(await push(server.url, message), 204);
    assert.deepEqual(documents(), []);
    assert.equal(await isPending(), false);
  });

  test('a removal between the reads of a row ends without a document', async () => {
    const message = await seedArticle(database.db);
    let isRemoved = false;
    const query: TestDatabase['db']['query'] = async (text, values) => {
      // The row, the lease, the row under the lease, and then the document.
      if (!isRemoved && text.includes('join news_features')) {
        isRemoved = true;
        await edit('removed_at = now()');
      }
      return await database.db.query(text, values);
    };
    const racing = await serveFunction(
      'sync',
      createHandler({ ...recorder, db: { ...database.db, query }, index, leaseMs }),
    );
    try {
      assert.equal(await push(racing.url, message), 204);
      assert.ok(isRemoved);
      assert.deepEqual(documents(), []);
      assert.equal(await isPending(), false);
    } finally {
      await racing.close();
    }
  });

  test('a removed article is taken out of the index, and is back when it is back', async () => {
    const message = await seedArticle(database.db);
    await push(server.url, message);
    await edit('removed_at = now()');
    await push(server.url, message);
    assert.deepEqual(documents(), []);
    await push(server.url, message);
    await edit('removed_at = null');
    await push(server.url, message);
    assert.deepEqual(
      documents().map(({ version }) => version),
      [3],
    );
  });

  test('while another holds the lease the message is asked for again, and nothing is written', async () => {
    const message = await seedArticle(database.db);
    const token = '00000000-0000-4000-8000-000000000000';
    const leased = await takeSyncLeases(database.db, [message.unique_id], {}, { token, ms: 60_000 });
    assert.deepEqual(leased, new Set([message.unique_id]));
    assert.equal(await push(server.url, message), 500);
    assert.deepEqual(documents(), []);
    await edit(`sync_lease_until = now() - interval '1 second'`);
    assert.equal(await push(server.url, message), 204);
    assert.equal(documents().length, 1);
  });

  test('of deliveries at the same time one writes, and the others are asked for again or find nothing to do', async () => {
    const message = await seedArticle(database.db);
    const statuses = await Promise.all(Array.from({ length: 5 }, () => push(server.url, message)));
    assert.ok(statuses.includes(204), String(statuses));
    assert.ok(
      statuses.every((status) => status === 204 || status === 500),
      String(statuses),
    );
    assert.equal(await push(server.url, message), 204);
    assert.equal(recorder.published.length, 1);
    assert.equal(await isPending(), false);
  });

  test('a writer that lost its lease marks nothing, and looks again', async () => {
    const message = await seedArticle(database.db);
    const token = '00000000-0000-4000-8000-000000000000';
    let writes = 0;
    beforeUpsert = async () => {
      if (++writes > 1) return;
      await edit(`sync_lease_token = '${token}', sync_lease_until = now() + interval '1 minute'`);
    };
    assert.equal(await push(server.url, message), 500);
    assert.equal(await isPending(), true);
    assert.equal((await readArticle(database.db, message.unique_id)).sync_lease_token, token);
  });

  test('a holder whose lease went to another neither marks nor gives back what the other holds', async () => {
    const { unique_id, version } = await seedArticle(database.db);
    const [late, current] = [randomUUID(), randomUUID()];
    const take = (token: string, ms: number) =>
      takeSyncLeases(database.db, [unique_id], { searchIndex: index.id }, { token, ms });
    assert.equal((await take(late, 0)).size, 1);
    assert.equal((await take(current, 60_000)).size, 1);
    const written = [{ uniqueId: unique_id, version, leaseToken: late, index: index.id }];
    assert.equal((await markSynced(database.db, written)).size, 0);
    await releaseSyncLeases(database.db, [unique_id], late);
    const row = await readArticle(database.db, unique_id);
    assert.deepEqual([row.synced_version, row.sync_lease_token], [0, current]);
  });

  test('all that is written and removed has to end while the lease runs', async () => {
    const message = await seedArticle(database.db);
    const remaining: number[] = [];
    const slow = await serve({
      ...index,
      writer: {
        ...index.writer!,
        upsert: async (_documents, deadline) => {
          await once(deadline, 'abort');
          const { rows } = await database.db.query<{ ms: number }>(
            'select extract(epoch from sync_lease_until - clock_timestamp())::float8 * 1000 as ms from news',
          );
          remaining.push(rows[0]!.ms);
          throw new RetryableError('no answer in time');
        },
      },
    });
    try {
      assert.equal(await push(slow.url, message), 500);
      assert.equal(remaining.length, 1);
      assert.ok(remaining[0]! > 0, `${remaining[0]} ms before the end of the lease`);
    } finally {
      await slow.close();
    }
  });

  test('an index that fails leaves the lease to run out, and the article to a later delivery', async () => {
    const message = await seedArticle(database.db);
    standIn.failNext(1);
    assert.equal(await push(server.url, message), 500);
    assert.deepEqual([await isPending(), await hasLease()], [true, true]);
    assert.deepEqual(await openFailures(), []);
    assert.equal(await push(server.url, message), 500, 'the write may still land');
    await new Promise((resolve) => setTimeout(resolve, leaseMs + 50));
    assert.equal(await push(server.url, message), 204);
    assert.deepEqual([await isPending(), documents().length], [false, 1]);
  });

  test('an index that does not answer in time counts as failing', async () => {
    const message = await seedArticle(database.db);
    standIn.stallNext(1, 400);
    assert.equal(await push(server.url, message), 500);
    assert.deepEqual([await isPending(), await hasLease()], [true, true]);
  });

  test('a document that the index refuses is recorded, stays pending and gives its lease back', async () => {
    const message = await seedArticle(database.db);
    const refusing = await serve({
      ...index,
      writer: {
        ...index.writer!,
        upsert: async (all) =>
          new Map(all.map(({ id }) => [id, new PermanentError(`Typesense refuses document ${id}`)])),
      },
    });
    try {
      assert.equal(await push(refusing.url, message), 204);
    } finally {
      await refusing.close();
    }
    assert.deepEqual(await openFailures(), [
      { error: `PermanentError: Typesense refuses document ${message.unique_id}` },
    ]);
    assert.deepEqual([await isPending(), await hasLease()], [true, false]);
    assert.equal(await push(server.url, message), 204);
    assert.deepEqual([await openFailures(), await isPending()], [[], false]);
  });

  test('an index that was made anew is filled again, without a new version', async () => {
    const message = await seedArticle(database.db);
    assert.equal(await push(server.url, message), 204);
    await typesense.deleteDocument(message.unique_id);
    await database.db.query(`update search_collections set search_index = 'another one'`);
    const anew = await serve({ ...index, id: 'another one' });
    try {
      assert.equal(await push(anew.url, message), 204);
      assert.deepEqual(
        documents().map(({ id, version }) => [id, version]),
        [[message.unique_id, 1]],
      );
      const requests = standIn.requests().length;
      assert.equal(await push(anew.url, message), 204);
      assert.equal(standIn.requests().length, requests);
    } finally {
      await anew.close();
      await database.db.query('update search_collections set search_index = $1', [index.id]);
    }
  });

  test('an index that is made anew between read and write is not written to under the name of the older one', async () => {
    const message = await seedArticle(database.db);
    let looks = 0;
    const racing = await serve({
      ...index,
      writer: {
        ...index.writer!,
        targets: async (db) => {
          const targets = await index.writer!.targets(db);
          return ++looks === 2 ? { ...targets, indexId: 'made anew' } : targets;
        },
      },
    });
    try {
      assert.equal(await push(racing.url, message), 500);
      assert.deepEqual([documents(), await isPending(), await hasLease()], [[], true, false]);
      assert.equal(await push(racing.url, message), 204);
    } finally {
      await racing.close();
    }
  });

  test('search in Postgres only marks the row, also while it changes', async () => {
    const message = await seedArticle(database.db);
    const inPostgres = await serve(postgresIndex);
    try {
      const requests = standIn.requests().length;
      assert.equal(await push(inPostgres.url, message), 204);
      const row = await readArticle(database.db, message.unique_id);
      assert.deepEqual([row.synced_version, row.version, row.sync_lease_token], [1, 1, null]);
      assert.ok(row.synced_at instanceof Date);
      await edit(`tags = '{novas}'`);
      assert.equal(await push(inPostgres.url, message), 204);
      assert.equal((await readArticle(database.db, message.unique_id)).synced_version, 2);
      assert.equal(standIn.requests().length, requests);
    } finally {
      await inPostgres.close();
    }
  });
});
