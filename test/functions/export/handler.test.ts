import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExportResult } from '../../../functions/export/export.ts';
import { createFolderTarget } from '../../../functions/export/folder-target.ts';
import { createHandler } from '../../../functions/export/handler.ts';
import { serveFunction } from '../../../infra/local/functions-server.ts';
import { silentLogger } from '../../../shared/log.ts';
import { createTestDatabase, withoutPostgres } from '../../support/database.ts';
import { insertArticles, insertCatalogue } from './articles.ts';

test('the function exports by HTTP, and refuses what it does not know', { skip: withoutPostgres }, async () => {
  const { db, drop } = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'dataset-'));
  const server = await serveFunction(
    'export',
    createHandler({
      db,
      log: silentLogger,
      destinations: { full: { target: createFolderTarget(folder), repo: 'dataset', branch: 'main' } },
      now: () => new Date('2026-03-15T12:00:00Z'),
    }),
  );
  const call = async (body: object) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as ExportResult & { error?: string } };
  };
  try {
    await insertCatalogue(db);
    await insertArticles(db, [{ id: 'a', publishedAt: '2026-03-10T12:00:00Z' }]);
    const planned = await call({ dry_run: true });
    assert.deepEqual([planned.status, planned.body.periods, planned.body.shards], [200, ['2026-03-10'], []]);
    const done = await call({});
    assert.deepEqual([done.status, done.body.shards], [200, ['data/train-2026-03-10.parquet']]);
    const refused = await call({ full: true });
    assert.equal(refused.status, 400);
    assert.match(refused.body.error ?? '', /full/);
  } finally {
    await server.close();
    await drop();
    await rm(folder, { recursive: true, force: true });
  }
});
