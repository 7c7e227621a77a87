import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { SearchIndex } from '../../../../functions/api/search/contract.ts';
import { createPostgresIndex } from '../../../../functions/api/search/postgres.ts';
import { openPostgres } from '../../../../shared/postgres.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../../support/database.ts';
import { encoder, serveApi } from '../api-server.ts';
import { seedArticles, seedCatalogue } from '../seed.ts';

const failing = { ...encoder, encode: () => Promise.reject(new Error('model is away')) };
const stuck = { ...encoder, encode: () => new Promise<Float32Array[]>(() => {}) };
const fail = () => Promise.reject(new Error('index is away'));
const awayIndex: SearchIndex = { find: fail, similar: fail };
const stuckIndex: SearchIndex = { find: () => new Promise(() => {}), similar: () => new Promise(() => {}) };

describe('a search that has to do without something', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let postgres: SearchIndex;
  before(async () => {
    database = await createTestDatabase();
    await seedCatalogue(database.db);
    await seedArticles(database.db, [
      { id: 'um_000001', title: 'Vacina um', publishedAt: '2026-01-03T12:00:00Z' },
      { id: 'dois_000002', title: 'Vacina dois', publishedAt: '2026-01-02T12:00:00Z' },
      { id: 'tres_000003', title: 'Vacina tres', publishedAt: '2026-01-01T12:00:00Z' },
      { id: 'outro_000004', title: 'Censo' },
    ]);
    postgres = createPostgresIndex(database.db, { statementTimeoutMs: 5000 });
  });
  after(() => database?.drop());

  const ask = async (overrides: Parameters<typeof serveApi>[1], ...paths: string[]) => {
    const api = await serveApi(database.db, overrides);
    try {
      const answers = [];
      for (const path of paths) answers.push(await api.get(path));
      return answers;
    } finally {
      await api.close();
    }
  };

  test('takes the words alone when the encoder takes too long', async () => {
    const [answer] = await ask({ encoder: stuck, encoderTimeoutMs: 20 }, '/search?q=vacina');
    assert.equal(answer!.status, 200);
    assert.equal(answer!.body.degraded.missing, 'meaning');
    assert.equal(answer!.body.count, 3);
    assert.equal(answer!.headers.get('cache-control'), 'no-store');
    assert.equal(answer!.headers.get('etag'), null);
  });

  test('needs no encoder for an order by date, nor without words', async () => {
    const answers = await ask({ encoder: failing }, '/search', '/search?q=vacina&sort=date');
    for (const { body } of answers) assert.equal(body.degraded, undefined);
  });

  test('takes the words alone when the encoder computes no vector of its length', async () => {
    for (const vector of [
      Float32Array.of(Number.NaN),
      new Float32Array(encoder.dimensions).fill(Number.NaN),
      [],
      undefined,
    ]) {
      const broken = { ...encoder, encode: async () => [vector] as Float32Array[] };
      const [answer] = await ask({ encoder: broken }, '/search?q=vacina');
      assert.equal(answer!.status, 200);
      assert.equal(answer!.body.degraded.missing, 'meaning');
      assert.equal(answer!.body.count, 3);
    }
  });

  test('says that the meaning is missing while no article has a vector of the model', async () => {
    const [answer] = await ask({ encoder: { ...encoder, model: 'novo-modelo' } }, '/search?q=vacina');
    assert.equal(answer!.body.degraded.missing, 'meaning');
    assert.equal(answer!.body.count, 3);
  });

  test('looks for no meaning where words are excluded alone, and misses none', async () => {
    const [first] = await ask({ encoder: failing }, '/search?q=-vacina');
    assert.deepEqual(
      first!.body.results.map(({ unique_id }: { unique_id: string }) => unique_id),
      ['outro_000004'],
    );
    assert.equal(first!.body.degraded, undefined);
  });

  test('finds no page with another model than the one before', async () => {
    const [first] = await ask({}, '/search?q=vacina&limit=1');
    await database.db.query(
      "update news set embedding_model = 'novo-modelo', embedding_generated_at = '2026-01-01' where unique_id = 'outro_000004'",
    );
    const [second] = await ask(
      { encoder: { ...encoder, model: 'novo-modelo' } },
      `/search?q=vacina&limit=1&cursor=${first!.body.next}`,
    );
    await database.db.query('update news set embedding_model = $1', [encoder.model]);
    assert.equal(second!.status, 503);
    assert.match(second!.body.detail, /another model/);
  });

  test('goes on without the meaning where the first page had none, and not where it had it', async () => {
    const [first] = await ask({ encoder: failing }, '/search?q=vacina&limit=1');
    const [second] = await ask({}, `/search?q=vacina&limit=2&cursor=${first!.body.next}`);
    assert.equal(second!.body.degraded.missing, 'meaning');
    assert.equal(second!.body.next, null);
    const seen = [...first!.body.results, ...second!.body.results].map(({ unique_id }) => unique_id);
    assert.deepEqual(seen.toSorted(), ['dois_000002', 'tres_000003', 'um_000001']);

    const [hybrid] = await ask({}, '/search?q=vacina&limit=1');
    const [broken] = await ask({ encoder: failing }, `/search?q=vacina&limit=1&cursor=${hybrid!.body.next}`);
    assert.equal(broken!.status, 503);
    assert.equal(broken!.headers.get('retry-after'), '5');
    assert.match(broken!.body.detail, /order of the one before/);
  });

  test('takes the database when the index fails or takes too long', async () => {
    for (const index of [awayIndex, stuckIndex]) {
      const paths = ['/search?q=vacina&facets=year', '/search', '/articles/um_000001/similar'];
      const answers = await ask({ index, fallback: postgres, indexTimeoutMs: 20 }, ...paths);
      for (const { status, body, headers } of answers) {
        assert.equal(status, 200);
        assert.equal(body.degraded.missing, 'index');
        assert.ok(body.results.length >= 3);
        assert.equal(headers.get('cache-control'), 'no-store');
      }
    }
  });

  test('goes on in the index that gave the first page, and in no other', async () => {
    const both = { index: { ...postgres }, fallback: postgres };
    const away = { index: awayIndex, fallback: postgres };
    const [byDate, byRank] = await ask(both, '/search?limit=1', '/search?q=vacina&limit=1');
    const paths = [
      `/search?limit=1&cursor=${byDate!.body.next}`,
      `/search?q=vacina&limit=1&cursor=${byRank!.body.next}`,
    ];
    for (const broken of await ask(away, ...paths)) {
      assert.equal(broken.status, 503);
      assert.match(broken.body.detail, /order of the one before: the search index is away/);
    }
    for (const { status } of await ask(both, ...paths)) assert.equal(status, 200);
    const [first] = await ask(away, '/search?q=vacina&limit=1');
    const [second] = await ask(
      { index: stuckIndex, fallback: postgres },
      `/search?q=vacina&limit=1&cursor=${first!.body.next}`,
    );
    assert.deepEqual([second!.status, second!.body.degraded.missing], [200, 'index']);
    assert.notEqual(second!.body.results[0].unique_id, first!.body.results[0].unique_id);
  });

  test('ends with 503 when the answer takes too long, and the statement ends too', async () => {
    const [answer] = await ask({ index: stuckIndex, requestTimeoutMs: 30 }, '/search?q=vacina');
    assert.equal(answer!.status, 503);
    assert.equal(answer!.headers.get('retry-after'), '5');
    assert.match(answer!.headers.get('content-type')!, /^application\/problem\+json/);

    const locking = await openPostgres({ url: database.url }, { maxConnections: 1 });
    const held = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const holding = locking.transaction(async (tx) => {
      await tx.query('lock table news in access exclusive mode');
      isHeld.resolve();
      await held.promise;
    });
    await isHeld.promise;
    const impatient = createPostgresIndex(database.db, { statementTimeoutMs: 50 });
    const [locked] = await ask({ index: impatient }, '/search');
    held.resolve();
    await holding;
    await locking.close();
    assert.equal(locked!.status, 503);
    const [again] = await ask({}, '/search');
    assert.equal(again!.status, 200);
    const { rows } = await database.db.query<{ statement_timeout: string }>('show statement_timeout');
    assert.equal(rows[0]!.statement_timeout, '30s');
  });

  test('begins no statement once nobody waits', async () => {
    const gone = new AbortController();
    gone.abort(new Error('nobody waits'));
    const query = { text: '', filter: {}, sort: 'date', limit: 1, facets: [] } as const;
    await assert.rejects(postgres.find(query, gone.signal), /nobody waits/);
  });

  test('aborts the deadline of a search when its client goes away', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const index: SearchIndex = {
      ...stuckIndex,
      find: (_query, deadline) => {
        asked.resolve(deadline);
        return new Promise((_, reject) => deadline.addEventListener('abort', () => reject(deadline.reason)));
      },
    };
    const logged: unknown[] = [];
    const info = (_message: string, fields: { status?: unknown } = {}) => void logged.push(fields.status);
    const log = { info, warning: info, error: info };
    const api = await serveApi(database.db, { index, log, requestTimeoutMs: 30_000 });
    const client = new AbortController();
    const answer = api.get('/search', { signal: client.signal }).catch(() => {});
    const deadline = await asked.promise;
    assert.equal(deadline.aborted, false);
    client.abort();
    await once(deadline, 'abort');
    await answer;
    await api.close();
    assert.deepEqual(logged, [499]);
  });

  test('goes on when its client goes away', async () => {
    const api = await serveApi(database.db);
    for (let count = 0; count < 5; count += 1) {
      const abort = new AbortController();
      const asked = api.get('/search?q=vacina', { signal: abort.signal });
      await delay(count * 2);
      abort.abort();
      await asked.catch(() => {});
    }
    assert.equal((await api.get('/search?q=vacina')).status, 200);
    await api.close();
  });
});
