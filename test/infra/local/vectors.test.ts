import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPglite } from '../../../infra/local/pglite.ts';
import { rebuildVectorIndex } from '../../../infra/local/vectors/rebuild.ts';
import { planResize, resizeVectors } from '../../../infra/local/vectors/resize.ts';
import { readVectorStatus, type VectorStatus } from '../../../infra/local/vectors/status.ts';
import { formerIndexName, nextIndexName, usualGraph } from '../../../infra/local/vectors/vector-index.ts';
import { migrateUp } from '../../../infra/migrate.ts';
import type { Database } from '../../../shared/database.ts';
import { checkStoredDimensions } from '../../../shared/sql/embedding-column.ts';
import { vectorIndexName } from '../../../shared/sql/nearest.ts';
import { seedArticles, seedCatalogue } from '../../functions/api/seed.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));
const statusOptions = { coverage: 0.95, dimensions: 768 };
const build = { ...usualGraph, maintenanceWorkMem: '64MB', isEmbedded: false };

async function seed(db: Database, count = 20): Promise<void> {
  await seedCatalogue(db);
  const articles = Array.from({ length: count }, (_, index) => ({
    id: `artigo-${String(index).padStart(2, '0')}_000000`,
    title: `Notícia de número ${index}`,
    model: index === 0 ? null : index < 5 ? 'anterior' : 'novo',
  }));
  await seedArticles(db, articles);
}

async function indexDefinition(db: Database): Promise<string> {
  const { rows } = await db.query<{ definition: string }>('select pg_get_indexdef($1::regclass) as definition', [
    vectorIndexName,
  ]);
  return rows[0]!.definition;
}

describe('vectors on Postgres', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  beforeEach(async () => {
    database = await createTestDatabase();
    db = database.db;
    await seed(db);
  });
  afterEach(() => database.drop());

  test('status tells models, coverage, index and storage', async () => {
    const status = await readVectorStatus(db, { ...statusOptions, modelInForce: 'novo' });
    assert.deepEqual(status.models, [
      { model: 'novo', vectors: 15, coverage: 0.75 },
      { model: 'anterior', vectors: 4, coverage: 0.2 },
    ]);
    assert.deepEqual([status.articles, status.dimensions, status.search_model], [20, 768, 'novo']);
    assert.deepEqual(
      status.indexes.map(({ name, is_valid, type, m }) => [name, is_valid, type, m]),
      [[vectorIndexName, true, 'halfvec', 16]],
    );
    assert.equal(status.storage.now.bytes, 19 * (status.storage.now.table_bytes_per_vector + 2048));
    assert.equal(status.storage.estimated.rows, 20);
    assert.deepEqual(status.problems, []);
  });

  test('a rebuild leaves one valid index with the graph that was asked for', async () => {
    const { index, repaired } = await rebuildVectorIndex(db, { ...build, m: 8, efConstruction: 40 });
    assert.deepEqual([index.name, index.isValid, index.m, index.efConstruction], [vectorIndexName, true, 8, 40]);
    assert.deepEqual(repaired, []);
    const { indexes, problems } = await readVectorStatus(db, statusOptions);
    assert.deepEqual([indexes.length, problems], [1, []]);
  });

  test('a rebuild replaces an index of 32-bit vectors, or one that is missing', async () => {
    await db.query(`drop index ${vectorIndexName}`);
    assert.match((await readVectorStatus(db, statusOptions)).problems[0]!, /is missing: a rebuild makes it/);
    await db.query(`create index ${vectorIndexName} on news using hnsw (content_embedding vector_cosine_ops)`);
    assert.match((await readVectorStatus(db, statusOptions)).problems[0]!, /holds 32-bit vectors: a rebuild/);
    await rebuildVectorIndex(db, build);
    assert.match(await indexDefinition(db), /halfvec\(768\).*halfvec_cosine_ops/);
  });

  test('a resize drops vectors, keeps versions, and leaves all articles pending', async () => {
    const versions = async () => (await db.query('select unique_id, version from news order by unique_id')).rows;
    const before = await versions();
    const plan = await planResize(db, { dimensions: 1024, rate: 50 });
    assert.deepEqual([plan.from, plan.to, plan.vectors, plan.articles, plan.is_done], [768, 1024, 19, 20, false]);
    assert.ok(plan.storage.needed.bytes > plan.storage.now.bytes);

    assert.equal(await resizeVectors(db, { dimensions: 1024 }), 19);
    assert.deepEqual(await versions(), before);
    assert.match(await indexDefinition(db), /halfvec\(1024\)/);
    const { rows } = await db.query(
      `select count(content_embedding)::int as vectors, count(embedding_model)::int as marked,
         (count(*) filter (where embedded_text_hash is distinct from embedding_text_hash))::int as pending from news`,
    );
    assert.deepEqual(rows, [{ vectors: 0, marked: 0, pending: 20 }]);
    assert.equal((await planResize(db, { dimensions: 1024, rate: 50 })).is_done, true);

    const id = 'artigo-03_000000';
    await db.query(
      `update news set content_embedding = array_fill(0.5::real, array[1024])::vector, embedding_model = 'm'
       where unique_id = $1`,
      [id],
    );
    const { rows: grown } = await db.query('select version from news where unique_id = $1', [id]);
    assert.deepEqual(grown, [{ version: (before[3]!.version as number) + 1 }]);
    await checkStoredDimensions(db, 1024);
    await assert.rejects(checkStoredDimensions(db, 768), /is 768, but the database stores vectors of 1024/);
  });

  test('a resize that was cut off after the column goes on', async () => {
    await resizeVectors(db, { dimensions: 512 });
    await db.query(`update news set embedding_model = 'm', embedded_text_hash = embedding_text_hash`);
    assert.match(
      (await readVectorStatus(db, { ...statusOptions, dimensions: 512 })).problems[0]!,
      /^20 articles name a model but have no vector/,
    );
    assert.equal((await planResize(db, { dimensions: 512, rate: 50 })).is_done, false);
    assert.equal(await resizeVectors(db, { dimensions: 512 }), 20);
    assert.deepEqual((await readVectorStatus(db, { ...statusOptions, dimensions: 512 })).problems, []);
  });
});

test('the embedded Postgres does the same, in place', async () => {
  const db = await openPglite();
  try {
    await migrateUp(db);
    await seed(db);
    const { models, problems, iterative_scan } = await readVectorStatus(db, statusOptions);
    assert.deepEqual([models.length, problems, iterative_scan], [2, [], true]);
    const { index } = await rebuildVectorIndex(db, { ...build, m: 8, efConstruction: 40, isEmbedded: true });
    assert.deepEqual([index.isValid, index.isHalf, index.m], [true, true, 8]);
    assert.equal(await resizeVectors(db, { dimensions: 1024 }), 19);
    assert.match(await indexDefinition(db), /halfvec\(1024\)/);
    assert.deepEqual((await readVectorStatus(db, { ...statusOptions, dimensions: 1024 })).problems, []);
  } finally {
    await db.close();
  }
});

describe('destaques vectors', { skip: withoutPostgres, timeout: 120_000 }, () => {
  let database: TestDatabase;
  let db: Database;
  before(async () => {
    database = await createTestDatabase();
    db = database.db;
    await seed(db);
  });
  after(() => database?.drop());

  function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [bin, 'vectors', ...args, '--database-url', database.url], {
      env: { PATH: process.env.PATH ?? '' },
    });
    const read = async (stream: AsyncIterable<Buffer>) => {
      let text = '';
      for await (const chunk of stream) text += chunk.toString();
      return text;
    };
    const ended = Promise.all([once(child, 'close'), read(child.stdout), read(child.stderr)]).then(
      ([[status], stdout, stderr]) => ({ status: status as number | null, stdout, stderr }),
    );
    return { child, ended };
  }
  const run = (...args: string[]) => start(...args).ended;
  const statusOf = async (): Promise<VectorStatus> => JSON.parse((await run('status', '--json')).stdout);

  async function until(condition: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if (await condition()) return;
      await sleep(50);
    }
    assert.fail('it never came to that');
  }
  const isWaiting = async () => {
    const { rowCount } = await db.query(
      `select from pg_stat_progress_create_index where relid = 'news'::regclass and phase like 'waiting%'`,
    );
    return rowCount > 0;
  };

  /** Keeps a write open, for which every build waits, while `work` runs. */
  async function withOpenWrite(work: () => Promise<void>): Promise<void> {
    await db.session(async (client) => {
      await client.query(`begin; update news set last_seen_at = now() where unique_id = 'artigo-01_000000'`);
      try {
        await work();
      } finally {
        await client.query('rollback');
      }
    });
  }

  test('a process that is killed ends its build, and the next rebuild takes away what it left', async () => {
    await withOpenWrite(async () => {
      const { child, ended } = start('rebuild');
      await until(isWaiting);
      assert.match((await run('rebuild')).stderr, /^error: Another rebuild of the index on vectors is under way/);
      child.kill('SIGKILL');
      await ended;
      await until(async () => !(await isWaiting()));
    });
    const { status, stderr } = await run('status');
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`error: ${nextIndexName} was left unfinished, and slows every write: a rebuild`));
    const rebuilt = await run('rebuild', '--maintenance-work-mem', '64MB');
    assert.equal(rebuilt.status, 0, rebuilt.stderr);
    assert.match(rebuilt.stdout, new RegExp(`^took away ${nextIndexName}, which an earlier rebuild had left\n`));
    assert.deepEqual((await statusOf()).problems, []);
  });

  test('a build whose connection is ended swaps nothing', async () => {
    const before = await indexDefinition(db);
    await withOpenWrite(async () => {
      const { ended } = start('rebuild', '--m', '24');
      await until(isWaiting);
      await db.query(
        `select pg_terminate_backend(pid) from pg_stat_progress_create_index where relid = 'news'::regclass`,
      );
      assert.equal((await ended).status, 1);
    });
    assert.equal(await indexDefinition(db), before);
    assert.equal((await run('rebuild')).status, 0);
    assert.equal((await statusOf()).indexes.length, 1);
  });

  test('killed between its steps, what stands is told, and repaired', async () => {
    const beside = (name: string) =>
      db.query(
        `create index ${name} on news using hnsw ((content_embedding::halfvec(768)) halfvec_cosine_ops) with (m = 4)`,
      );
    // Built and not yet swapped; swapped, and the former one not yet dropped.
    for (const name of [nextIndexName, formerIndexName]) {
      await beside(name);
      assert.match((await statusOf()).problems.join(), new RegExp(`^${name} is left over`));
      const rebuilt = await run('rebuild', '--json');
      assert.deepEqual(JSON.parse(rebuilt.stdout).repaired, [name]);
      const { indexes } = await statusOf();
      assert.deepEqual(
        indexes.map(({ name, m }) => [name, m]),
        [[vectorIndexName, 16]],
      );
    }
  });

  test('articles that are written during a rebuild are in the new index', async () => {
    let writes = 0;
    let isBuilding = true;
    const writing = (async () => {
      while (isBuilding) {
        await db.query(
          `update news set content_embedding = (select array_agg(random()) from generate_series(1, 768))::vector
           where unique_id = $1`,
          [`artigo-${String(1 + (writes++ % 19)).padStart(2, '0')}_000000`],
        );
      }
    })();
    for (let round = 0; round < 3; round++) await rebuildVectorIndex(db, build);
    isBuilding = false;
    await writing;
    const nearest = async (scan: string) =>
      await db.transaction(async (tx) => {
        await tx.query(`set local ${scan} = off`);
        const { rows } = await tx.query<{ id: string }>(
          `select unique_id as id from news where content_embedding is not null
           order by content_embedding::halfvec(768) <=> array_fill(1::real, array[768])::vector::halfvec(768)`,
        );
        return rows.map(({ id }) => id).sort();
      });
    assert.ok(writes > 0);
    assert.deepEqual(await nearest('enable_seqscan'), await nearest('enable_indexscan'));
  });

  test('a resize says what it costs, and does nothing without --yes', async () => {
    const refused = await run('resize', '--dimensions', '1024', '--rate', '10/s');
    assert.equal(refused.status, 2);
    assert.match(
      refused.stdout,
      /^vectors of 768 become vectors of 1024: 19 are dropped\n {2}20 articles are to be embedded/,
    );
    assert.match(refused.stderr, /nothing was changed: add --yes/);
    const dry = await run('resize', '--dimensions', '1024', '--dry-run', '--json');
    assert.deepEqual([dry.status, JSON.parse(dry.stdout).vectors], [0, 19]);
    assert.equal((await run('resize', '--dimensions', '1024', '--dry-run', '--yes')).status, 2);
    assert.equal((await run('resize', '--dimensions', '5000')).status, 2);
    assert.equal((await statusOf()).dimensions, 768);
  });

  test('wrong options of a build are refused, with 2', async () => {
    for (const args of [
      ['--m', '1'],
      ['--ef-construction', '5000'],
      ['--m', '64', '--ef-construction', '64'],
      ['--maintenance-work-mem', "1'; drop table news"],
    ]) {
      assert.equal((await run('rebuild', ...args)).status, 2, args.join(' '));
    }
  });

  test('a resize with --yes happens once', async () => {
    const done = await run('resize', '--dimensions', '384', '--yes');
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /^vectors have 384 dimensions now, and 19 articles await theirs$/m);
    assert.match((await run('resize', '--dimensions', '384', '--yes')).stdout, /nothing to do/);
    const { status, stderr } = await run('status');
    assert.deepEqual([status, /EMBEDDING_DIMENSIONS is 768, but vectors are stored with 384/.test(stderr)], [1, true]);
  });
});

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}
