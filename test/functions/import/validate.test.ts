import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repairs } from '../../../functions/import/repair.ts';
import { readCursors } from '../../../functions/import/state-sql.ts';
import { validateImport } from '../../../functions/import/validate.ts';
import { openDatasetFolder } from '../../../shared/dataset-folder.ts';
import { silentLogger } from '../../../shared/log.ts';
import { withoutPostgres } from '../../support/database.ts';
import { datasetRow, datasetRows, writeShards } from './shards.ts';
import { useImport } from './use-import.ts';

describe('the validation of an import', { skip: withoutPostgres }, () => {
  const { db, folder, run, validate } = useImport();

  async function importThemed() {
    const theme = { theme_1_level_1_code: '02', theme_1_level_1_label: 'Educação' };
    await writeShards(folder(), { 'a.parquet': [...datasetRows(19, theme), datasetRow({ title: 'Sem tema' })] });
    await run();
  }
  const failed = async () => (await validate()).checks.filter(({ is_ok }) => !is_ok).map(({ name }) => name);

  test('finds a changed text, in the digest of its column', async () => {
    await importThemed();
    assert.deepEqual(await failed(), []);
    await db().query(`update news set content = content || '.' where title = 'Notícia número 3'`);
    const { columns, examples } = await validate();
    assert.deepEqual(
      columns.filter(({ is_equal }) => !is_equal).map(({ column, different_rows }) => [column, different_rows]),
      [['content', 1]],
    );
    const [content] = columns.filter(({ column }) => column === 'content');
    assert.notEqual(content!.source_digest, content!.stored_digest);
    assert.match(examples[0]!, /^noticia-numero-3_[0-9a-f]{6} differs in content$/);
    assert.deepEqual(await failed(), ['columns with differences']);
  });

  test('finds what is missing, and nulls that are too many', async () => {
    await importThemed();
    await db().query(`delete from news where title = 'Notícia número 3'`);
    await db().query(`update news set content = null where title = 'Notícia número 4'`);
    const { columns } = await validate();
    const [content] = columns.filter(({ column }) => column === 'content');
    assert.deepEqual([content!.source_nulls, content!.stored_nulls], [0, 1]);
    assert.deepEqual(await failed(), ['articles of the source in the table', 'columns with differences']);
  });

  test('counts the articles whose columns it compares', async () => {
    const rows = [...datasetRows(4), datasetRow({ title: ' ' }), datasetRow({ agency: 'nova' }), datasetRow()];
    await writeShards(folder(), { 'a.parquet': [...rows, rows[0]!] });
    await run();
    await db().query(`delete from news where title = 'Notícia número 3'`);
    const { rows: read, compared_articles } = await validate();
    assert.deepEqual([read, compared_articles], [8, 4]);
  });

  test('of an import in parts holds what it has read, also where a file was replaced meanwhile', async () => {
    const rows = datasetRows(30);
    await writeShards(folder(), { 'a.parquet': rows.slice(0, 20), 'b.parquet': rows.slice(20) });
    await run({ maxRecords: 24 });
    await writeShards(folder(), { 'a.parquet': [datasetRow({ title: 'Nova' }), ...rows.slice(0, 20)] });
    const { source: name, rows_done } = await run({ isResumed: true, maxRecords: 5 });
    const source = await openDatasetFolder(folder());
    const cursors = await readCursors(db(), name);
    const validation = await validateImport(
      { source, repairs, cursors, batchSize: 1000 },
      { db: db(), log: silentLogger },
    );
    assert.deepEqual([rows_done, validation.rows, validation.compared_articles, validation.is_valid], [9, 9, 9, true]);
  });

  test('wants a theme on more than 95 of 100 articles whose source has one', async () => {
    await importThemed();
    await db().query(`update news set theme_l1_id = null where title = 'Notícia número 3'`);
    const { checks } = await validate();
    const [themed] = checks.filter(({ name }) => name === 'articles with a theme, where the source has one');
    assert.deepEqual([themed!.actual, themed!.is_ok], ['94.73 %', false]);
  });

  test('leaves out what the site or an enricher has changed since', async () => {
    await importThemed();
    await db().query(`update news set content = 'Novo.', extracted_at = now() where title = 'Notícia número 3'`);
    await db().query(`update news set summary = 'Novo.', enriched_by = 'http' where title = 'Notícia número 4'`);
    const { changed_since, is_valid } = await validate();
    assert.deepEqual([changed_since, is_valid], [2, true]);
  });
});
