import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHandler } from '../../../functions/import/handler.ts';
import type { ImportResult } from '../../../functions/import/import.ts';
import { serveFunction } from '../../../infra/local/functions-server.ts';
import { silentLogger } from '../../../shared/log.ts';
import { type SmallHub, startSmallHub } from '../../shared/small-hub.ts';
import { withoutPostgres } from '../../support/database.ts';
import { datasetRows, shardBytes } from './shards.ts';
import { useImport } from './use-import.ts';

describe('the function import', { skip: withoutPostgres }, () => {
  const { db, news } = useImport();
  let hub: SmallHub;
  before(async () => {
    hub = await startSmallHub();
    hub.files.set('data/a.parquet', { bytes: await shardBytes(datasetRows(40)), etag: '"a"' });
    hub.files.set('data/b.parquet', { bytes: await shardBytes(datasetRows(3, { agency: 'nova' })), etag: '"b"' });
  });
  after(() => hub.close());

  test('imports in bounded calls, and an empty body goes on with what is under way', async () => {
    const deps = { db: db(), log: silentLogger, hub: { endpoint: hub.endpoint, backoffMs: 1 }, budgetMs: 60_000 };
    const server = await serveFunction('import', createHandler(deps));
    const call = async (body: object) => {
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as ImportResult & { error?: string } };
    };
    try {
      assert.deepEqual(await call({}), { status: 200, body: { is_done: true } as ImportResult });
      const first = await call({ dataset: hub.id, batch_size: 10, max_records: 20, create_agencies: true });
      assert.deepEqual([first.status, first.body.rows_done, first.body.is_done], [200, 20, false]);
      assert.deepEqual([first.body.revision, first.body.row_count], [hub.sha, 43]);
      const second = await call({});
      assert.deepEqual([second.body.rows_done, second.body.is_done], [43, true]);
      assert.deepEqual(second.body.report.created_agencies, ['nova']);
      assert.equal((await news('unique_id')).length, 43);
      assert.deepEqual((await call({})).body, { is_done: true } as ImportResult);
      assert.equal((await call({ dataset: 'nobody/nothing' })).status, 400);
      assert.equal((await call({ repair: ['everything'] })).status, 400);
    } finally {
      await server.close();
    }
  });
});
