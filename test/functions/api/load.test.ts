import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createPostgresIndex } from '../../../functions/api/search/postgres.ts';
import { createSemaphore } from '../../../functions/api/semaphore.ts';
import { withStatementTimeout } from '../../../functions/api/timed-reads.ts';
import type { Database } from '../../../shared/database.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { createStorage } from '../../../shared/storage.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { serveApi } from './api-server.ts';
import { seedArticles, seedCatalogue } from './seed.ts';

describe('the api under load', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  before(async () => {
    database = await createTestDatabase();
    await seedCatalogue(database.db);
    await seedArticles(database.db, [{ id: 'um_000001', title: 'Vacina um' }]);
    db = await openPostgres({ url: database.url }, { maxConnections: 3 });
  });
  after(async () => {
    await db?.close();
    await database?.drop();
  });

  /** Runs work while nobody else can read articles. */
  const whileLocked = async <T>(work: () => Promise<T>): Promise<T> => {
    const locking = await openPostgres({ url: database.url }, { maxConnections: 1 });
    try {
      return await locking.transaction(async (tx) => {
        await tx.query('lock table news in access exclusive mode');
        return await work();
      });
    } finally {
      await locking.close();
    }
  };

  test('keeps a connection for articles and health while searches are slow, and turns away what cannot wait', async () => {
    const held = Promise.withResolvers<void>();
    const slow: Database = {
      ...db,
      snapshot: (work) =>
        db.snapshot(async (tx) => {
          await held.promise;
          return await work(tx);
        }),
    };
    const slots = createSemaphore({ permits: 2, maxWaiting: 3, maxWaitMs: 100 });
    const index = createPostgresIndex(slow, { statementTimeoutMs: 5000, slots });
    const api = await serveApi(db, { index, slots, requestTimeoutMs: 30_000 });
    let answered = 0;
    const searches = Array.from({ length: 10 }, async () => {
      const { status, headers } = await api.get('/search');
      answered += 1;
      // All but the two that hold their connections.
      if (answered === 8) {
        const [health, article] = [await api.get('/health'), await api.get('/articles/um_000001')];
        held.resolve();
        assert.deepEqual([health.status, article.status], [200, 200]);
      }
      if (status === 503) assert.equal(headers.get('retry-after'), '5');
      return status;
    });
    const statuses = await Promise.all(searches);
    assert.deepEqual(statuses.toSorted(), [200, 200, ...Array<number>(8).fill(503)]);
    assert.equal((await api.get('/search')).status, 200);
    await api.close();
  });

  test('reads the status once for all who ask', async () => {
    let snapshots = 0;
    const counting: Database = {
      ...db,
      snapshot: (work) => {
        snapshots += 1;
        return db.snapshot(work);
      },
    };
    const api = await serveApi(counting);
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await api.get('/status')).status));
    await api.close();
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.equal(snapshots, 1);
  });

  test('ends the statements of an article, of similar ones and of the status in time', async () => {
    const timed = withStatementTimeout(db, 50);
    const api = await serveApi(db, { storage: createStorage({ db: timed }), requestTimeoutMs: 1000 });
    await whileLocked(async () => {
      for (const path of ['/articles/um_000001', '/articles/um_000001/similar']) {
        // Longer than the pool has connections: each is given back.
        for (let count = 0; count < 4; count += 1) assert.equal((await api.get(path)).status, 503, path);
      }
      assert.equal((await api.get('/status')).status, 503);
      assert.equal((await api.get('/health')).status, 200);
    });
    for (const path of ['/articles/um_000001', '/articles/um_000001/similar', '/status']) {
      assert.equal((await api.get(path)).status, 200, path);
    }
    await api.close();
  });

  test('begins no further statement for a client that went away', async () => {
    const isAsked = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    const isDone = Promise.withResolvers<void>();
    let statements = 0;
    const watched: Database = {
      ...db,
      snapshot: (work) =>
        db
          .snapshot((tx) =>
            work({
              ...tx,
              query: async (text, values) => {
                statements += 1;
                isAsked.resolve();
                await goesOn.promise;
                return await tx.query(text, values);
              },
            }),
          )
          .finally(isDone.resolve),
    };
    const index = createPostgresIndex(watched, { statementTimeoutMs: 5000 });
    const noticed = Promise.withResolvers<void>();
    const api = await serveApi(db, {
      index: {
        ...index,
        find: (query, deadline) => {
          deadline.addEventListener('abort', () => noticed.resolve());
          return index.find(query, deadline);
        },
      },
      requestTimeoutMs: 30_000,
    });
    const client = new AbortController();
    const asked = api.get('/search', { signal: client.signal }).catch(() => {});
    await isAsked.promise;
    client.abort();
    await asked;
    await noticed.promise;
    goesOn.resolve();
    await isDone.promise;
    assert.equal(statements, 1);
    await api.close();
  });
});
