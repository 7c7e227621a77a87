import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { createHubTarget } from '../../../functions/export/hub-target.ts';
import type { DatasetTarget } from '../../../functions/export/target.ts';
import type { Database } from '../../../shared/database.ts';
import { openHubDataset } from '../../../shared/hub.ts';
import { silentLogger } from '../../../shared/log.ts';
import { startHub } from '../../stand-ins/hub.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';
import { readParquet } from '../../support/parquet.ts';
import { insertArticles, insertCatalogue, readDataset } from './articles.ts';
import { createMemoryDataset, type MemoryDataset } from './memory-target.ts';

const DAY_MS = 24 * 3_600_000;
const START = Date.parse('2026-01-28T12:00:00Z');
const THEMES = ['02', '02.01', '02.01.03'];

/** One thing that happens: to the article of a number, to a theme, to the dataset, or to the clock. */
interface Step {
  kind: (typeof edits)[number] | 'export' | (typeof mishaps)[number];
  article: number;
  days: number;
}
const edits = ['publish', 'edit', 'move', 'remove', 'theme', 'relabel'] as const;
/** An export that another overtakes, one that dies before its ledger is written, and what others do to the files. */
const mishaps = ['overtaken', 'cut', 'lose', 'replace', 'intrude'] as const;

const stepOf = (...kinds: Step['kind'][]): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constantFrom(...kinds), article: fc.nat(7), days: fc.integer({ min: -70, max: 10 }) });

async function apply(db: Database, { kind, article, days }: Step, now: number): Promise<void> {
  const id = `artigo_${article}`;
  const publishedAt = new Date(now + days * DAY_MS);
  switch (kind) {
    case 'publish': {
      const { rowCount } = await db.query('update news set removed_at = null where unique_id = $1', [id]);
      if (rowCount === 0) await insertArticles(db, [{ id, publishedAt: publishedAt.toISOString() }]);
      return;
    }
    case 'edit':
      await db.query(`update news set title = title || '!' where unique_id = $1`, [id]);
      return;
    case 'move':
      await db.query('update news set published_at = $2 where unique_id = $1', [id, publishedAt]);
      return;
    case 'remove':
      await db.query('update news set removed_at = now() where unique_id = $1', [id]);
      return;
    case 'theme':
      await db.query(
        `update news set theme_l1_id = (select id from themes where code = $2),
           theme_l2_id = (select id from themes where code = $3) where unique_id = $1`,
        [id, days % 2 === 0 ? '02' : null, days % 3 === 0 ? '02.01' : null],
      );
      return;
    case 'relabel':
      await db.query('update themes set label = $2 where code = $1', [THEMES[article % 3], `Tema ${days}`]);
  }
}

const columns =
  'unique_id, title, published_at, theme_1_level_1, theme_1_level_2_code, most_specific_theme_label'.split(', ');

async function readTable(db: Database): Promise<object[]> {
  const { rows } = await db.query(
    `select unique_id, title, (extract(epoch from published_at) * 1000000)::bigint::text as published_at,
       theme_1.label as theme_1_level_1, theme_2.code as theme_1_level_2_code,
       most_specific.label as most_specific_theme_label
     from news
     left join themes as theme_1 on theme_1.id = theme_l1_id
     left join themes as theme_2 on theme_2.id = theme_l2_id
     left join themes as most_specific on most_specific.id = most_specific_theme_id
     where removed_at is null order by unique_id`,
  );
  return rows;
}

function assertEqualRows(dataset: readonly Record<string, unknown>[], table: readonly object[]): void {
  const rows = dataset.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
  const comparable = rows.map((row) => ({ ...row, published_at: String(row.published_at) }) as Record<string, unknown>);
  assert.deepEqual(
    comparable.sort((a, b) => String(a.unique_id).localeCompare(String(b.unique_id))),
    table,
  );
}

describe('after any history the shards together equal the table', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    await insertCatalogue(database.db);
  });
  after(() => database?.drop());

  /** Lives through a history from a table of one article, exports once more, and once in vain. */
  async function live(
    steps: readonly Step[],
    {
      target,
      readRows,
      mishap,
    }: {
      target: DatasetTarget;
      readRows(): Promise<Record<string, unknown>[]>;
      mishap?(step: Step, run: (deps?: { db?: Database; target?: DatasetTarget }) => Promise<unknown>): Promise<void>;
    },
  ): Promise<void> {
    const { db } = database;
    await db.query('truncate news, hub_shards, sync_log cascade');
    // A table that was never filled would be taken for the wrong database.
    await apply(db, { kind: 'publish', article: 0, days: 0 }, START);
    let now = START;
    const run = async (deps: { db?: Database; target?: DatasetTarget } = {}) => {
      const options = { repo: 'dataset', branch: 'main', now: new Date(now) };
      const allDeps = { db, target, log: silentLogger, ...deps };
      return await exportDataset(options, allDeps).catch((error: Error) => {
        // Of which no file is left as we wrote it: what an operator answers.
        if (!/by this database: it is another one’s/.test(error.message)) throw error;
        return exportDataset({ ...options, fullSync: true }, allDeps);
      });
    };
    for (const step of steps) {
      if (step.kind === 'export') await run();
      else if ((mishaps as readonly string[]).includes(step.kind)) await mishap!(step, run);
      else await apply(db, step, now);
      now += DAY_MS;
    }
    await run();
    assertEqualRows(await readRows(), await readTable(db));
    assert.equal((await run()).commit, null);
  }

  async function meet(
    dataset: MemoryDataset,
    { kind, article, days }: Step,
    run: (deps?: { db?: Database; target?: DatasetTarget }) => Promise<unknown>,
  ): Promise<void> {
    const { db } = database;
    if (kind !== 'overtaken' && kind !== 'cut') {
      const path = [...dataset.files.keys()][article];
      if (kind === 'intrude') dataset.files.set(`data/train-${days}.parquet`, Buffer.from('foreign'));
      else if (path === undefined) return;
      else if (kind === 'lose') dataset.files.delete(path);
      else dataset.files.set(path, Buffer.alloc(dataset.files.get(path)!.length));
      dataset.commitCount += 1;
      return;
    }
    if (kind === 'cut') {
      await run({ db: { ...db, transaction: () => Promise.reject(new Error('killed')) } }).catch((error: Error) => {
        assert.equal(error.message, 'killed');
      });
      return;
    }
    let isFirst = true;
    const commit: DatasetTarget['commit'] = async (change) => {
      if (isFirst) {
        isFirst = false;
        await apply(db, { kind: 'edit', article, days }, 0);
        await run();
      }
      return await dataset.target.commit(change);
    };
    await run({ target: { ...dataset.target, commit } });
  }

  test('in a dataset that others change, by exports that are overtaken and cut short', async () => {
    const step = stepOf(...edits, 'publish', 'publish', 'export', 'export', ...mishaps);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const dataset = createMemoryDataset();
        const readRows = async () => (await Promise.all([...dataset.files.values()].map((b) => readParquet(b)))).flat();
        await live(steps, { target: dataset.target, readRows, mishap: (each, run) => meet(dataset, each, run) });
      }),
      { numRuns: 250 },
    );
  });

  test('in a folder', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepOf(...edits, 'publish', 'export'), { maxLength: 25 }), async (steps) => {
        const folder = await mkdtemp(join(tmpdir(), 'dataset-'));
        try {
          await live(steps, {
            target: createFolderTarget(folder),
            readRows: async () => Object.values(await readDataset(folder).catch(() => ({}))).flat(),
          });
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 20 },
    );
  });

  test('on the Hub', async () => {
    const hub = await startHub();
    let count = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(stepOf(...edits, 'publish', 'export'), { maxLength: 25 }), async (steps) => {
          count += 1;
          const repo = `nobody/news-${count}`;
          await hub.create(repo);
          const target = createHubTarget(
            openHubDataset({ endpoint: hub.url, token: 'hf_test', repo, branch: 'main', pauseMs: 1 }),
          );
          const readRows = async () => {
            const files = (await hub.files(repo)).filter(({ path }) => path.startsWith('data/'));
            return (
              await Promise.all(files.map(async ({ path }) => readParquet(await hub.content(repo, path))))
            ).flat();
          };
          await live(steps, { target, readRows });
        }),
        { numRuns: 60 },
      );
    } finally {
      await hub.close();
    }
  });
});
