import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { exportDataset } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import type { Database } from '../../../shared/database.ts';
import { silentLogger } from '../../../shared/log.ts';
import { createTestDatabase, withoutPostgres } from '../../support/database.ts';
import { insertArticles, insertCatalogue, readDataset } from './articles.ts';

const DAY_MS = 24 * 3_600_000;
const START = Date.parse('2026-01-28T12:00:00Z');

/** One thing that happens: to the article of a number, or to the clock. */
type Step = { kind: 'publish' | 'edit' | 'move' | 'remove' | 'export'; article: number; days: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('publish', 'publish', 'edit', 'move', 'remove', 'export'),
  article: fc.nat(7),
  days: fc.integer({ min: -70, max: 10 }),
});

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
  }
}

test('after any history the shards together equal the table', { skip: withoutPostgres }, async () => {
  const { db, drop } = await createTestDatabase();
  try {
    await insertCatalogue(db);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await db.query('truncate news, hub_shards cascade');
        const folder = await mkdtemp(join(tmpdir(), 'dataset-'));
        const run = (now: number) =>
          exportDataset(
            { repo: 'dataset', branch: 'main', now: new Date(now) },
            { db, target: createFolderTarget(folder), log: silentLogger },
          );
        try {
          let now = START;
          for (const each of steps) {
            await apply(db, each, now);
            if (each.kind === 'export') await run(now);
            now += DAY_MS;
          }
          const { rows } = await run(now);
          const published = await db.query(
            `select unique_id, title, (extract(epoch from published_at) * 1000000)::bigint::text as published_at
             from news where removed_at is null order by unique_id`,
          );
          const dataset = rows === 0 ? [] : Object.values(await readDataset(folder)).flat();
          assert.deepEqual(
            dataset
              .map(({ unique_id, title, published_at }) => ({ unique_id, title, published_at: String(published_at) }))
              .sort((a, b) => String(a.unique_id).localeCompare(String(b.unique_id))),
            published.rows,
          );
          assert.equal((await run(now)).commit, null);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 40 },
    );
  } finally {
    await drop();
  }
});
