import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reconcile } from '../../../functions/reconcile/reconcile.ts';
import { runReplay } from '../../../functions/reconcile/replay.ts';
import { insertReplay } from '../../../functions/reconcile/replay-sql.ts';
import { silentLogger } from '../../../shared/log.ts';
import type { OutgoingMessage } from '../../../shared/publisher.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { withoutPostgres } from '../../support/database.ts';
import { datasetRow, datasetRows, writeShards } from './shards.ts';
import { useImport } from './use-import.ts';

describe('what was imported', { skip: withoutPostgres }, () => {
  const { db, folder, run, news } = useImport();
  const published: OutgoingMessage[] = [];
  const deps = () => ({
    db: db(),
    log: silentLogger,
    publisher: {
      publish: async (messages: readonly OutgoingMessage[]) => {
        published.push(...messages);
      },
      close: async () => {},
    },
    targets: { enricherRank: 1, embeddingModel: 'm', searchIndex: 'postgres' },
    overdueMs: 0,
  });
  const idsOf = (topic: string) =>
    published.filter((message) => message.topic === topic).map(({ data }) => (data as { unique_id: string }).unique_id);

  async function importSome() {
    published.length = 0;
    const enriched = datasetRow({ title: 'Com resumo', summary: 'Resumo.' });
    await writeShards(folder(), { 'a.parquet': [...datasetRows(20), enriched] });
    await run();
  }

  test('is announced by nobody until a replay asks for it, and then as any other', async () => {
    await importSome();
    assert.deepEqual((await reconcile(contextFrom(), deps())).requeued, { enrich: 0, embed: 0, sync: 0 });
    assert.deepEqual(published, []);

    const order = { stage: 'embed', startDate: '2025-03-10', endDate: '2025-03-10', rate: 1000 } as const;
    const { id } = await insertReplay(db(), order, 21);
    await runReplay(id, contextFrom(), { ...deps(), enricherRank: 1, isAnnounced: true }, {});
    assert.equal(idsOf('enriched').length, 21);
    await db().query('delete from requeues');
    published.length = 0;
    const { requeued } = await reconcile(contextFrom(), deps());
    assert.deepEqual(requeued, { enrich: 20, embed: 1, sync: 0 });
  });

  test('stays parked when its agency or a theme gets another label, and not when its text changes', async () => {
    await importSome();
    await db().query(`update agencies set name = 'Educação' where key = 'mec'`);
    await db().query(`update news set theme_l1_id = (select id from themes where code = '01'), parked_version = version + 1
      where title = 'Com resumo'`);
    await db().query(`update themes set label = 'Economia' where code = '01'`);
    assert.ok((await news('parked_version = version as parked')).every(({ parked }) => parked));
    await db().query(`update news set title = 'Corrigida' where title = 'Com resumo'`);
    await reconcile(contextFrom(), deps());
    assert.equal(published.length, 1);
  });
});
