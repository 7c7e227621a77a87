import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pruneCollections, readIndexStatus, rollBackCollection } from '../../../functions/sync/collections.ts';
import { rebuildCollection } from '../../../functions/sync/rebuild.ts';
import { type BesideDeps, writeBeside } from '../../../functions/sync/write-beside.ts';
import type { Database } from '../../../shared/database.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { listSearchCollections } from '../../../shared/sql/search-collections.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import type { Typesense } from '../../../shared/typesense.ts';
import { withoutPostgres } from '../../support/database.ts';
import { type IndexUnderTest, onRealServer, useIndex } from './use-index.ts';

const options = { rate: 1000, batchSize: 10, pausesMs: [] };
const serving = async ({ alias, typesense }: IndexUnderTest) => (await typesense.collections.aliases()).get(alias);

describe('a rebuild of the index', { skip: withoutPostgres, timeout: 120_000 }, () => {
  const it = useIndex();

  const states = async () =>
    Object.fromEntries((await listSearchCollections(it.db)).map(({ name, state }) => [name, state]));
  const isPending = async (index: string) =>
    (await it.db.query('select from news where synced_version < version or synced_index <> $1', [index])).rowCount;
  async function waitUntil(isTrue: () => Promise<boolean>) {
    for (let n = 0; n < 500 && !(await isTrue()); n++) await sleep(10);
    assert.ok(await isTrue());
  }

  test('builds beside, verifies, swaps, and keeps the former one; nothing is written once more', async () => {
    const sync = await it.openSync();
    const ids = await it.seed(25);
    await it.edit(ids[3]!, 'removed_at = now()');
    await it.syncAll(sync);
    const [{ searchIndex } = { searchIndex: '' }] = await listSearchCollections(it.db);
    const steps: string[] = [];
    const report = await rebuildCollection(
      { ...options, onProgress: ({ step, total }) => void steps.push(`${step} of ${total}`) },
      it,
    );
    assert.deepEqual(report, {
      outcome: 'swapped',
      serving: it.current,
      former: it.older,
      filled: 24,
      verified: { days: 5, articles: 24, days_by_count: 0, repaired: 0 },
    });
    assert.deepEqual(steps, [...Array(3).fill('fill of 24'), ...Array(5).fill('verify of 5')]);
    assert.equal(await serving(it), it.current);
    assert.deepEqual(await states(), { [it.current]: 'serving', [it.older]: 'former' });
    assert.deepEqual(await it.shown(it.current), await it.standing());
    assert.equal(await isPending(searchIndex), 0);
    assert.deepEqual((await readIndexStatus(it)).problems, []);
    assert.equal((await rebuildCollection(options, it)).outcome, 'nothing-to-do');
  });

  test('writes, removals and searches go on during a schema change: no search fails, no document is missing, and the way back is open', async () => {
    const [sync, other] = [await it.openSync(), await it.openSync()];
    const ids = await it.seed(120);
    await it.syncAll(sync);
    let isOver = false;
    const failures: string[] = [];
    let [writes, searches] = [0, 0];
    const path = `/collections/${it.alias}/documents/search?q=noticia&query_by=title&filter_by=agency:=mec&per_page=1`;
    const search = async () => {
      while (!isOver) {
        const answer = await it.call('GET', path);
        const { found } = (await answer.json()) as { found?: number };
        if (answer.status !== 200 || found! < 100) failures.push(`${answer.status}: ${found} found`);
        searches++;
        await sleep(1);
      }
    };
    const write = async (worker: typeof sync, offset: number) => {
      for (let n = offset; !isOver; n += 2) {
        const [added] = n % 10 === offset ? await it.seed(1, 1000 + n) : [undefined];
        const id = added ?? ids[(n * 7) % ids.length]!;
        if (!added) await it.edit(id, n % 11 === 5 && n < 200 ? 'removed_at = now()' : undefined);
        const { rows } = await it.db.query<{ version: number }>('select version from news where unique_id = $1', [id]);
        await worker.handle({ unique_id: id, version: rows[0]!.version }, contextFrom()).catch((error: unknown) => {
          // Another one holds the lease: the message would come again.
          if (!(error instanceof RetryableError)) throw error;
        });
        writes++;
      }
    };
    const running = Promise.all([search(), search(), write(sync, 0), write(other, 1)]);
    await waitUntil(async () => writes > 20);
    const report = await rebuildCollection({ ...options, rate: 300 }, it);
    const before = writes;
    await waitUntil(async () => writes > before + 20);
    isOver = true;
    await running;
    assert.equal(report.outcome, 'swapped');
    assert.deepEqual(failures, []);
    assert.ok(searches > 20 && writes > 40, `${searches} searches, ${writes} writes`);
    await it.syncAll(sync);
    assert.deepEqual(await it.shown(it.alias), await it.standing());
    assert.deepEqual(await it.shown(it.older), await it.shown(it.current), 'the former one is kept up to date');
    assert.equal((await rollBackCollection(it)).serving, it.older);
    assert.deepEqual(await it.shown(it.alias), await it.standing());
    await it.edit(ids[0]!, `title = 'Depois'`);
    await it.syncAll(other);
    assert.deepEqual(
      [await it.shown(it.older), await it.shown(it.current)],
      [await it.standing(), await it.standing()],
    );
  });

  test('killed at any call, it is gone on with by the next, and loses nothing', async () => {
    const sync = await it.openSync();
    const ids = await it.seed(6);
    await it.syncAll(sync);
    let kills = 0;
    for (let call = 1; ; call++) {
      const isEarly = call % 2 === 0;
      const killed = await rebuildCollection(
        { ...options, batchSize: 2, isForced: true },
        dyingAt(call, isEarly, it),
      ).then(
        () => false,
        (error: Error) => {
          assert.equal(error.message, 'killed');
          return true;
        },
      );
      if (!killed) break;
      kills++;
      await it.edit(ids[call % ids.length]!);
      await it.syncAll(await it.openSync());
      assert.deepEqual(await it.shown(it.alias), await it.standing(), `call ${call}`);
      const { outcome } = await rebuildCollection({ ...options, batchSize: 2 }, it);
      await it.syncAll(await it.openSync());
      assert.deepEqual(await it.shown(it.alias), await it.standing(), `call ${call}, ${outcome}`);
      const all = await listSearchCollections(it.db);
      assert.equal(all.find(({ state }) => state === 'serving')?.name, await serving(it));
      assert.ok(all.every(({ state }) => state === 'serving' || state === 'former'));
      await pruneCollections(it);
      assert.deepEqual(Object.keys(await states()), [await serving(it)]);
      assert.deepEqual(
        (await it.typesense.collections.list()).map(({ name }) => name),
        [await serving(it)],
      );
    }
    assert.ok(kills > 40, `${kills} calls`);
  });

  test('goes on behind the last batch', async () => {
    await it.openSync();
    await it.seed(30);
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('stopped'));
    await assert.rejects(rebuildCollection({ ...options, signal: stop.signal, onProgress }, it), /stopped/);
    assert.deepEqual(
      [await serving(it), await states()],
      [it.older, { [it.older]: 'serving', [it.current]: 'building' }],
    );
    const { problems, collections } = await readIndexStatus(it);
    assert.match(problems.join(), /rebuild is unfinished/);
    assert.deepEqual(collections.find(({ name }) => name === it.current)?.filled, [10, 30]);
    assert.equal((await rebuildCollection(options, it)).filled, 20);
    assert.deepEqual(await it.shown(it.current), await it.standing());
  });

  for (const [what, set] of [
    ['edited', `title = 'Mais nova'`],
    ['removed', 'removed_at = now()'],
  ] as const) {
    test(`an article that is ${what} between its read and its write beside ends as sync left it`, async () => {
      const sync = await it.openSync();
      const [id] = await it.seed(1);
      await it.syncAll(sync);
      await rebuildCollection(options, it);
      let isFirst = true;
      const typesense: Typesense = {
        ...it.typesense,
        importDocuments: async (documents, deadline, collection) => {
          if (isFirst) {
            isFirst = false;
            await it.edit(id!, set);
            await it.syncAll(sync);
          }
          return await it.typesense.importDocuments(documents, deadline, collection);
        },
      };
      assert.equal((await writeBeside([id!], it.older, { db: it.db, typesense })).size, 0);
      assert.deepEqual(await it.shown(it.older), await it.standing());
    });
  }

  test('a writer that had looked for collections before the new one was registered leaves nothing behind', async () => {
    const sync = await it.openSync();
    const [id] = await it.seed(1);
    await it.syncAll(sync);
    await it.edit(id!);
    const { promise, resolve } = Promise.withResolvers<void>();
    const served = { ...it.typesense };
    served.importDocuments = async (documents, deadline, collection) => {
      await promise;
      return await it.typesense.importDocuments(documents, deadline, collection);
    };
    const original = it.typesense;
    it.typesense = served;
    const slow = it.syncAll(await it.openSync());
    it.typesense = original;
    await waitUntil(
      async () => (await it.db.query('select from news where sync_lease_token is not null')).rowCount === 1,
    );
    await sleep(50);
    await rebuildCollection(options, it);
    resolve();
    await slow;
    assert.deepEqual(
      [await it.shown(it.current), await it.shown(it.older)],
      [await it.standing(), await it.standing()],
    );
  });

  test('a whole rebuild between the lease and the read of a row leaves nothing behind', async () => {
    const [sync, { db }] = [await it.openSync(), it];
    const [id] = await it.seed(1);
    await it.syncAll(sync);
    await it.edit(id!);
    let reads = 0;
    const query: Database['query'] = async (text, values) => {
      // The row, the lease, and then the row under the lease.
      if (text.includes('pg_column_size') && ++reads === 2) {
        await rebuildCollection(options, { db, typesense: it.typesense });
        await db.query(`update news set title = 'Depois'`);
      }
      return await db.query(text, values);
    };
    it.db = { ...db, query };
    const slow = await it.openSync();
    it.db = db;
    await it.syncAll(slow);
    assert.ok(reads > 1);
    await it.syncAll(sync);
    assert.deepEqual(
      [await it.shown(it.current), await it.shown(it.older)],
      [await it.standing(), await it.standing()],
    );
  });

  test('two at once end with one collection, complete', async () => {
    const sync = await it.openSync();
    await it.seed(30);
    await it.syncAll(sync);
    const reports = await Promise.all([
      rebuildCollection(options, it),
      rebuildCollection({ ...options, batchSize: 7 }, it),
    ]);
    assert.deepEqual(
      reports.map(({ serving: name }) => name),
      [it.current, it.current],
    );
    assert.deepEqual(await states(), { [it.current]: 'serving', [it.older]: 'former' });
    assert.deepEqual(await it.shown(it.alias), await it.standing());
  });

  test('a rebuild that is given up while it verifies swaps nothing', async () => {
    await it.openSync();
    await it.seed(3);
    const typesense: Typesense = {
      ...it.typesense,
      versionsOf: (collection) => {
        const versions = it.typesense.versionsOf(collection);
        return {
          ...versions,
          list: async (span) => {
            const documents = await versions.list(span);
            await pruneCollections(it, { isUnfinishedToo: true });
            return documents;
          },
        };
      },
    };
    await it.db.query(`update news set published_at = '2026-10-01T12:00Z'`);
    await assert.rejects(rebuildCollection(options, { db: it.db, typesense }), /cannot be served: it was pruned/);
    assert.equal(await serving(it), it.older);
  });

  test('what the new collection refuses is said, and nothing is swapped', async () => {
    await it.openSync();
    await it.seed(3);
    const typesense: Typesense = {
      ...it.typesense,
      importDocuments: async (documents, deadline, collection) => {
        const outcomes = await it.typesense.importDocuments(documents.slice(1), deadline, collection);
        return outcomes.set(documents[0]!.id, new PermanentError('Field `x` must be an int32.'));
      },
    };
    await assert.rejects(rebuildCollection(options, { db: it.db, typesense }), /refuses 1 documents of one day: Field/);
    assert.equal(await serving(it), it.older);
    assert.deepEqual(await pruneCollections(it), []);
    assert.deepEqual(await pruneCollections(it, { isUnfinishedToo: true }), [it.current]);
    assert.deepEqual(await states(), { [it.older]: 'serving' });
  });

  test('a busy server is waited for, a full one is said', { skip: onRealServer }, async () => {
    await it.openSync();
    await it.seed(3);
    const busy = { ...it.typesense };
    let failures = 0;
    busy.importDocuments = async (...all) => {
      if (++failures <= 2) it.standIn!.failNext(1, 503);
      return await it.typesense.importDocuments(...all);
    };
    assert.equal((await rebuildCollection({ ...options, pausesMs: [1, 1] }, { db: it.db, typesense: busy })).filled, 3);
    const full = { ...it.typesense };
    full.importDocuments = async (...all) => {
      it.standIn!.failNext(1, 422);
      return await it.typesense.importDocuments(...all);
    };
    const again = rebuildCollection({ ...options, isForced: true }, { db: it.db, typesense: full });
    await assert.rejects(again, /Typesense POST .*import.*422/);
    assert.equal(await serving(it), it.current);
  });

  test('a build of an earlier release, or one that was dropped by hand, is begun anew', async () => {
    await it.openSync();
    await it.seed(3);
    await it.db.query(
      `insert into search_collections (name, created_at, search_index, state, filled_until)
       values ('news_11111111', 1, 'x', 'building', 'zzz')`,
    );
    assert.equal((await rebuildCollection(options, it)).filled, 3);
    assert.deepEqual(await states(), { [it.current]: 'serving', [it.older]: 'former' });
  });

  test('after a rollback a rebuild goes forward to the collection that is kept, and --force builds another', async () => {
    const sync = await it.openSync();
    await it.seed(3);
    await it.syncAll(sync);
    await rebuildCollection(options, it);
    await rollBackCollection(it);
    const forward = await rebuildCollection(options, it);
    assert.deepEqual([forward.filled, forward.serving, forward.former], [0, it.current, it.older]);
    const forced = await rebuildCollection({ ...options, isForced: true }, it);
    assert.deepEqual([forced.filled, forced.serving], [3, `${it.current}_2`]);
    assert.equal((await rebuildCollection(options, it)).outcome, 'nothing-to-do');
  });

  test('a former collection that refused something is put right before it is served again', async () => {
    const sync = await it.openSync();
    const [first, second] = await it.seed(2);
    await it.syncAll(sync);
    await rebuildCollection(options, it);
    await it.typesense.deleteDocument(first!, undefined, it.older);
    const lost = {
      id: 'orphan',
      unique_id: 'orphan',
      agency: 'mec',
      published_at: 1_790_000_000,
      created_at: 1_790_000_000,
      version: 1,
    };
    await it.typesense.importDocuments([lost], undefined, it.older);
    const { verified } = await rollBackCollection(it);
    assert.equal(verified.repaired, 2);
    assert.deepEqual([...(await it.shown(it.alias)).keys()].sort(), [first, second].sort());
  });

  test('what a collection beside the served one refuses fails no article', async () => {
    await it.openSync();
    await it.db.query(
      `insert into search_collections (name, created_at, search_index, state)
       select 'news_dropped', 1, search_index, 'former' from search_collections`,
    );
    await it.seed(2);
    await it.syncAll(await it.openSync());
    assert.equal((await it.shown(it.alias)).size, 2);
    assert.match((await readIndexStatus(it)).problems.join(), /news_dropped \(former\) is not on the server/);
  });

  for (const [what, error, left] of [
    ['refuses a document', new PermanentError('Field `x` must be an int32.'), 0],
    ['does not answer', new RetryableError('no answer'), 1],
  ] as const) {
    test(`where a collection beside the served one ${what}, the article is searchable, and ${left ? 'asked for again' : 'done'}`, async () => {
      const sync = await it.openSync();
      await it.syncAll(sync);
      await rebuildCollection(options, it);
      const { typesense } = it;
      it.typesense = {
        ...typesense,
        importDocuments: async (documents, deadline, collection) => {
          if (collection !== it.older) return await typesense.importDocuments(documents, deadline, collection);
          if (left) throw error;
          return new Map(documents.map(({ id }) => [id, error]));
        },
      };
      const failing = await it.openSync();
      it.typesense = typesense;
      await it.seed(1);
      const synced = it.syncAll(failing);
      await (left ? assert.rejects(synced, error) : synced);
      assert.deepEqual(await it.shown(it.alias), await it.standing());
      const { rowCount } = await it.db.query('select from news where synced_version < version');
      assert.equal(rowCount, left);
    });
  }

  test('prune drops former collections and those of nobody, and nothing that an alias leads to', async () => {
    await it.openSync();
    await it.seed(1);
    await rebuildCollection(options, it);
    const names = ['22222222', '33333333', 'other'].map((ending) => `${it.alias}_${ending}`);
    for (const name of names) await it.typesense.collections.create(name);
    await it.call('PUT', `/aliases/${it.alias}_theirs`, { collection_name: names[1] });
    assert.match((await readIndexStatus(it)).problems.join(), /1 collections belong to nothing/);
    assert.deepEqual(await pruneCollections(it), [it.older, names[0]]);
    for (const name of names) await it.typesense.collections.drop(name);
    await it.call('DELETE', `/aliases/${it.alias}_theirs`);
    await assert.rejects(rollBackCollection(it), /no former collection/);
    assert.deepEqual(await pruneCollections(it), []);
  });

  test('an alias that was lost leads to the collection again that it led to', async () => {
    const sync = await it.openSync();
    await it.seed(2);
    await it.syncAll(sync);
    await it.call('DELETE', `/aliases/${it.alias}`);
    assert.match((await readIndexStatus(it)).problems.join(), /leads nowhere/);
    await it.openSync();
    assert.equal(await serving(it), it.older);
    assert.equal((await it.shown(it.alias)).size, 2);
  });

  test('a server that lost everything gets a new index, and a running instance fills it', async () => {
    const sync = await it.openSync();
    const [id] = await it.seed(1);
    await it.syncAll(sync);
    await it.typesense.collections.drop(it.older);
    await it.openSync();
    assert.deepEqual(await states(), { [it.current]: 'serving' });
    await sync.handle({ unique_id: id!, version: 1 }, contextFrom());
    assert.deepEqual(await it.shown(it.alias), await it.standing());
  });
});

/** Deps whose n-th call, to the database or to Typesense, is their last: it is not made, or made without an answer. */
function dyingAt(last: number, isEarly: boolean, { db, typesense }: BesideDeps): BesideDeps {
  let calls = 0;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    calls++;
    if (calls > last || (calls === last && isEarly)) throw new Error('killed');
    const result = await work();
    if (calls === last) throw new Error('killed');
    return result;
  };
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member !== null && typeof member === 'object' ? wrap(member) : member;
        if (['versionsOf', 'nameOf', 'isCurrent'].includes(String(name))) {
          return (...all: unknown[]) => {
            const result: unknown = member.apply(object, all);
            return typeof result === 'object' ? wrap(result as object) : result;
          };
        }
        return (...all: unknown[]) => call(() => member.apply(object, all) as Promise<unknown>);
      },
    });
  return { db: wrap<Database>(db), typesense: wrap<Typesense>(typesense) };
}
