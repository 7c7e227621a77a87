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

  test('floods nobody when a second import brings newer records, and leaves live work due', async () => {
    const rows = datasetRows(20);
    await writeShards(folder(), { 'a.parquet': rows });
    await run();
    await db().query(`update news set parked_version = null, enriched_revision = revision, synced_version = version,
      enriched_rank = 2, enriched_by = 'imported', embedded_text_hash = embedding_text_hash, embedding_model = 'm',
      synced_index = 'postgres'`);
    await db().query(`update news set enriched_by = 'human', enriched_rank = 9 where title = 'Notícia número 3'`);
    const newer = rows.map((row, index) => ({
      ...row,
      extracted_at: row.extracted_at! + 1_000_000,
      // One with the same columns but for extracted_at, of which nothing need be made pending.
      ...(index === 4 ? {} : { summary: 'Novo resumo.', content: 'Novo texto.' }),
    }));
    await writeShards(folder(), { 'a.parquet': newer });
    await db().query(`update news set subtitle = 'Edição' where title = 'Notícia número 5'`);
    published.length = 0;
    assert.equal((await run()).report.updated, 20);

    const due = `not is_parked and (enriched_revision < revision or synced_version < version
      or embedded_text_hash is distinct from embedding_text_hash)`;
    const { rows: stayed } = await db().query(`select title from news where ${due}`);
    assert.deepEqual(stayed, [{ title: 'Notícia número 5' }]);
    const { rowCount } = await db().query(
      `select from news where is_parked and synced_version < version and title <> 'Notícia número 4'`,
    );
    assert.equal(rowCount, 18);
    await reconcile(contextFrom(), deps());
    assert.ok(published.every(({ data }) => String((data as { unique_id: string }).unique_id).includes('numero-5')));
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
