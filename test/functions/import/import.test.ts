import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openPglite } from '../../../infra/local/pglite.ts';
import { migrateUp } from '../../../infra/migrate.ts';
import { uniqueId } from '../../../shared/identity.ts';
import { articleInput, seedAgency, seedArticle } from '../../support/articles.ts';
import { withoutPostgres } from '../../support/database.ts';
import {
  datasetRow,
  datasetRows,
  foreignCodecBytes,
  micros,
  shardBytes,
  writeShardFile,
  writeShards,
} from './shards.ts';
import { useImport } from './use-import.ts';

describe('import', { skip: withoutPostgres }, () => {
  const { db, folder, run, validate, news } = useImport();

  test('brings every field of a row to the column of its meaning', async () => {
    const row = datasetRow({
      published_at: micros('2025-03-10T15:00:00.123Z') + 456,
      updated_datetime: micros('2025-03-11T15:00:00Z'),
      extracted_at: micros('2025-03-12T15:00:00Z') + 1,
      subtitle: 'Linha fina',
      editorial_lead: 'Chapéu',
      url: 'http://www.gov.br/mec/pt-br/noticias/obras/view?utm_source=x',
      image: 'https://www.gov.br/i.jpg',
      video_url: 'https://www.gov.br/v.mp4',
      category: 'Notícias',
      tags: ['Saúde', 'a, "b" \\ {c}'],
      theme_1_level_1: 'Economia e Finanças',
      theme_1_level_1_code: '01',
      theme_1_level_1_label: 'Economia e Finanças',
      theme_1_level_2_code: '01.01',
      theme_1_level_2_label: 'Política econômica',
      most_specific_theme_code: '01.01',
      most_specific_theme_label: 'Política Econômica',
      summary: 'Resumo.',
    });
    await writeShards(folder(), { 'data/train-00000-of-00001.parquet': [row] });
    const { report, is_done, row_count } = await run();
    assert.deepEqual([report.inserted, is_done, row_count], [1, true, 1]);
    const [stored] = await news(
      `*, (extract(epoch from published_at) * 1000000)::bigint as published,
       (extract(epoch from extracted_at) * 1000000)::bigint as extracted,
       (select code from themes where id = most_specific_theme_id) as theme`,
    );
    const expected = {
      unique_id: uniqueId(row.title!, row.unique_id!),
      legacy_unique_id: row.unique_id,
      agency_key: 'mec',
      agency_name: 'Ministério da Educação',
      published: row.published_at,
      published_at_source: 'imported',
      updated_datetime: new Date('2025-03-11T15:00:00Z'),
      extracted: row.extracted_at,
      title: row.title,
      subtitle: 'Linha fina',
      editorial_lead: 'Chapéu',
      url: row.url,
      canonical_url: 'https://www.gov.br/mec/pt-br/noticias/obras',
      content: row.content,
      image_url: row.image,
      video_url: row.video_url,
      category: 'Notícias',
      tags: row.tags,
      theme: '01.01',
      summary: 'Resumo.',
      version: 1,
      revision: 1,
      enriched_revision: 1,
      enriched_by: 'imported',
      enriched_rank: 2,
      parked_version: 1,
    };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, stored![name]])), expected);
    const { rowCount } = await db().query('select from outbox');
    assert.equal(rowCount, 0);
  });

  test('a second run changes nothing, and the validation holds', async () => {
    await writeShards(folder(), { 'data/a.parquet': datasetRows(25), 'data/b.parquet': [datasetRow()] });
    await run({ batchSize: 10 });
    const before = await news();
    const { report } = await run({ batchSize: 7 });
    assert.deepEqual([report.inserted, report.updated, report.unchanged], [0, 0, 26]);
    assert.deepEqual(await news(), before);
    const { checks, rows, columns } = await validate();
    assert.deepEqual(
      checks.filter(({ is_ok }) => !is_ok),
      [],
    );
    assert.equal(rows, 26);
    assert.ok(columns.every(({ source_digest, stored_digest }) => source_digest === stored_digest));
  });

  test('records of one address are one article: the newest text, the first id, the summary that there is', async () => {
    const url = 'https://www.gov.br/mec/pt-br/noticias/obras';
    const first = datasetRow({ title: 'Primeira', url, extracted_at: 1_000_000, summary: 'Resumo.' });
    const newest = datasetRow({ title: 'Segunda', url: `${url}/view`, extracted_at: 3_000_000 });
    const third = datasetRow({ title: 'Terceira', url: `${url}?utm_source=x`, extracted_at: 2_000_000 });
    const expected = { unique_id: uniqueId('Primeira', first.unique_id!), title: 'Segunda', summary: 'Resumo.' };
    await writeShards(folder(), { 'a.parquet': [first, newest, third] });
    for (const batchSize of [1, 2, 3]) {
      await db().query('truncate news, import_twins cascade');
      const { report } = await run({ batchSize });
      assert.deepEqual([report.inserted, report.merged, report.rows], [1, 2, 3]);
      const [stored, ...others] = await news(
        'unique_id, title, summary, enriched_by, parked_version = version as parked',
      );
      assert.deepEqual([stored, others], [{ ...expected, enriched_by: 'imported', parked: true }, []]);
      const { rows: twins } = await db().query('select dataset_id from import_twins order by 1');
      assert.deepEqual(
        twins.map(({ dataset_id }) => dataset_id),
        [newest.unique_id, third.unique_id].sort(),
      );
      const { merged_rows, is_valid } = await validate();
      assert.deepEqual([merged_rows, is_valid], [2, true]);
    }
  });

  test('the same record twice is one article', async () => {
    const row = datasetRow();
    await writeShards(folder(), { 'a.parquet': [row, row], 'b.parquet': [row] });
    const { report } = await run();
    assert.deepEqual([report.inserted, report.unchanged, report.merged], [1, 2, 0]);
    assert.equal((await validate()).is_valid, true);
  });

  test('an id that another article has gets a longer suffix', async () => {
    const digits = '0'.repeat(25);
    const rows = ['1111111', '1111112', '1111111'].map((start, index) =>
      datasetRow({ unique_id: `${start}${digits.slice(0, 24)}${index}`, url: `https://www.gov.br/mec/${index}` }),
    );
    await writeShards(folder(), { 'a.parquet': rows });
    for (const batchSize of [1, 10]) {
      await db().query('truncate news cascade');
      assert.equal((await run({ batchSize })).report.inserted, 3);
      const suffixes = (await news('unique_id')).map(({ unique_id }) => String(unique_id).split('_')[1]);
      assert.deepEqual(suffixes, ['111111', '1111112', '1111111'].sort());
      assert.equal((await validate()).is_valid, true);
    }
  });

  test('unknown agencies and themes are reported, or made', async () => {
    const rows = [
      datasetRow({ agency: 'nova', theme_1_level_1_code: '01', theme_1_level_1_label: 'Economia e Finanças' }),
      datasetRow({
        title: 'Outra',
        theme_1_level_1_code: '03',
        theme_1_level_1_label: 'Saúde',
        theme_1_level_2_code: '03.02',
        theme_1_level_2_label: 'Vigilância',
        most_specific_theme_code: '03.02.01',
        most_specific_theme_label: 'Dengue',
      }),
    ];
    await writeShards(folder(), { 'a.parquet': rows });
    const reported = (await run()).report;
    assert.deepEqual(reported.unknown_agencies, { nova: 1 });
    assert.deepEqual(Object.keys(reported.unknown_themes), ['03 Saúde', '03.02 Vigilância', '03.02.01 Dengue']);
    assert.deepEqual([reported.inserted, reported.rejected, (await validate()).is_valid], [1, 1, false]);

    const { report } = await run({ createMissing: true });
    assert.deepEqual(report.created_agencies, ['nova']);
    assert.deepEqual(report.created_themes, ['03 Saúde', '03.02 Vigilância', '03.02.01 Dengue']);
    assert.equal((await validate()).is_valid, true);
    const themed = await news(
      'agency_key, (select full_name from themes where id = most_specific_theme_id) as theme, enriched_by',
    );
    assert.deepEqual(themed.map(({ agency_key, theme }) => [agency_key, theme]).sort(), [
      ['mec', '03.02.01 - Dengue'],
      ['nova', '01 - Economia e Finanças'],
    ]);
    assert.ok(themed.every(({ enriched_by }) => enriched_by === 'imported'));
  });

  test('only what accepted and repaired rows name is made, and only what can be a name', async () => {
    const theme = (code: string, label: string) => ({ theme_1_level_1_code: code, theme_1_level_1_label: label });
    const rows = [
      datasetRow({ agency: 'no\0va', ...theme('7\x007', 'A\0B') }),
      datasetRow({ title: ' ', agency: 'de-linha-recusada', ...theme('78', 'De linha recusada') }),
      datasetRow({ agency: 'Não é chave', ...theme('79', 'De órgão recusado') }),
      datasetRow({ agency: 'a'.repeat(101) }),
      datasetRow({ title: 'b', ...theme('80', 'x'.repeat(201)) }),
    ];
    await writeShards(folder(), { 'a.parquet': rows });
    const { report } = await run({ createMissing: true });
    assert.deepEqual([report.created_agencies, report.created_themes], [['nova'], ['77 AB']]);
    assert.deepEqual([report.inserted, report.rejected], [2, 3]);
    assert.deepEqual(Object.keys(report.unknown_themes), [`80 ${'x'.repeat(197)}…`]);
  });

  test('a row that the dataset cannot date is dated by its import, and older than any other', async () => {
    const rows = ['0001-01-03T00:00:00Z', '2300-01-01T00:00:00Z'].map((day) =>
      datasetRow({ title: day, published_at: micros(day), extracted_at: null }),
    );
    const dated = datasetRow({ title: 'datada', extracted_at: null, url: rows[0]!.url });
    await writeShards(folder(), { 'a.parquet': rows });
    const { rows: clock } = await db().query<{ now: Date }>('select now()');
    assert.equal((await run()).report.inserted, 2);
    for (const { extracted_at } of await news()) assert.ok((extracted_at as Date) >= clock[0]!.now);
    const before = await news();
    assert.equal((await run()).report.unchanged, 2);
    assert.deepEqual(await news(), before);
    assert.equal((await validate()).is_valid, true);

    await db().query('truncate news cascade');
    await writeShards(folder(), { 'a.parquet': [rows[0]!, dated] });
    await run();
    assert.deepEqual(await news('title'), [{ title: 'datada' }]);
  });

  test('a code that means something else here is found by its label, or reported', async () => {
    const rows = [
      datasetRow({ title: 'a', theme_1_level_1_code: '01', theme_1_level_1_label: 'educacao' }),
      datasetRow({ title: 'b', theme_1_level_1_code: '02', theme_1_level_1_label: 'Minorias' }),
      datasetRow({ title: 'c', theme_1_level_1: '02 - Educação' }),
    ];
    await writeShards(folder(), { 'a.parquet': rows });
    const { report } = await run();
    assert.deepEqual([report.unknown_themes, report.relabelled_themes], [{}, { '02 Minorias': 1 }]);
    const themes = await news('title, (select code from themes where id = theme_l1_id) as code');
    assert.deepEqual(themes, [
      { title: 'a', code: '02' },
      { title: 'b', code: null },
      { title: 'c', code: '02' },
    ]);
  });

  test('what is known to be wrong is repaired and counted, each repair by itself', async () => {
    const title = 'Museu tem nova diretora';
    const share = 'Compartilhe:\n[Facebook](https://www.facebook.com/sharer.php?u=x) [X](https://x.com/share?url=x)';
    const content = `${title}\n=====\n\nPrimeiro parágrafo.\n\n${share}\n\nSegundo\0, sobre compartilhar.`;
    const row = datasetRow({ title, content, category: 'c'.repeat(600) });
    await writeShards(folder(), { 'a.parquet': [row] });
    const { report } = await run();
    assert.deepEqual(report.repaired, {
      'share-blocks': 1,
      titles: 1,
      'nul-characters': 1,
      'long-categories': 1,
    });
    const [stored] = await news('content, length(category) as category');
    assert.deepEqual(stored, { content: 'Primeiro parágrafo.\n\nSegundo, sobre compartilhar.', category: 500 });
    assert.equal((await validate()).is_valid, true);

    await db().query('truncate news cascade');
    const some = await run({ repairs: ['nul-characters', 'long-categories', 'titles'] });
    assert.equal(some.report.repaired['share-blocks'], 0);
    assert.match(String((await news())[0]!.content), /sharer\.php/);
    const none = await run({ repairs: [] });
    assert.deepEqual([none.report.rejected, none.report.rejections], [1, { 'a NUL character': 1 }]);
  });

  test('dates before 1970, texts of 3 MB and hostile rows: a correct row or a reason', async () => {
    const long = 'Parágrafo de um texto longo. '.repeat(110_000);
    const rows = [
      datasetRow({ title: 'velha', published_at: micros('1808-09-10T12:00:00Z') + 1 }),
      datasetRow({ title: 'longa', content: long }),
      datasetRow({ title: 'sem data', published_at: null, extracted_at: micros('2025-01-01T00:00:00Z') }),
      datasetRow({ title: 'endereço longo', url: `https://www.gov.br/${'x'.repeat(3000)}` }),
      datasetRow({ title: 'sem endereço', url: null }),
      datasetRow({ title: ' ' }),
      datasetRow({ title: 'id alheio', unique_id: 'x; drop table news' }),
    ];
    await writeShards(folder(), { 'a.parquet': rows });
    const { report } = await run();
    assert.deepEqual([report.inserted, report.rejected], [3, 4]);
    const stored = await news(
      `title, length(content) as length, published_at_source, to_char(published_at at time zone 'UTC', 'YYYY-MM-DD US') as day`,
    );
    assert.deepEqual(
      stored.map(({ title, published_at_source, day }) => [title, published_at_source, day]),
      [
        ['longa', 'imported', '2025-03-10 000000'],
        ['sem data', 'first-seen', '2025-01-01 000000'],
        ['velha', 'imported', '1808-09-10 000001'],
      ],
    );
    assert.equal(stored[0]!.length, long.length);
    assert.equal((await validate()).is_valid, false);
  });

  test('pages that cannot be decompressed stop the import before its first row', async () => {
    await writeShards(folder(), { 'a.parquet': datasetRows(5) });
    await writeShardFile(folder(), 'b.parquet', foreignCodecBytes());
    await assert.rejects(run(), /PermanentError: Nothing was imported\. b\.parquet is compressed with LZ4_RAW, which/);
    assert.deepEqual(await news(), []);
  });

  test('a file that is no shard stops the import before its first row', async () => {
    await writeShards(folder(), { 'a.parquet': datasetRows(5) });
    await writeShardFile(folder(), 'b.parquet', (await shardBytes(datasetRows(5))).subarray(0, 400));
    await assert.rejects(run(), /PermanentError: Nothing was imported\. b\.parquet cannot be read as Parquet/);
    assert.deepEqual(await news(), []);
  });

  test('newer work stands: of the site, of a better enricher, of a person', async () => {
    const [old, fresh] = ['2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z'].map((day) => micros(day));
    const article = articleInput();
    await seedArticle(db());
    const known = { url: article.url, title: article.title, summary: 'Importado.', content: 'Outro texto.' };
    await writeShards(folder(), { 'a.parquet': [datasetRow({ ...known, extracted_at: old! })] });
    assert.equal((await run()).report.merged, 1);
    const [filled] = await news('content, summary, enriched_by, enriched_revision = revision as enriched');
    assert.deepEqual(filled, {
      content: article.content,
      summary: 'Importado.',
      enriched_by: 'imported',
      enriched: true,
    });

    await db().query(`update news set summary = 'De uma pessoa.', enriched_by = 'human', enriched_rank = 9`);
    await writeShards(folder(), { 'a.parquet': [datasetRow({ ...known, extracted_at: fresh! })] });
    await run();
    const [updated] = await news('content, summary, enriched_by, enriched_rank, revision, parked_version');
    assert.deepEqual(updated, {
      content: 'Outro texto.',
      summary: 'De uma pessoa.',
      enriched_by: 'human',
      enriched_rank: 9,
      revision: 2,
      parked_version: null,
    });
  });

  test('an import in parts goes on where it stopped, and a file that was replaced begins anew', async () => {
    const rows = datasetRows(30);
    await writeShards(folder(), { 'a.parquet': rows.slice(0, 20), 'b.parquet': rows.slice(20) });
    const first = await run({ maxRecords: 13, batchSize: 5 });
    assert.deepEqual([first.rows_done, first.is_done, first.report.inserted], [13, false, 13]);
    const second = await run({ maxRecords: 10, batchSize: 4, isResumed: true });
    assert.deepEqual([second.rows_done, second.report.inserted, second.report.unchanged], [23, 23, 0]);
    await writeShards(folder(), { 'b.parquet': [...rows.slice(20), datasetRow({ title: 'Nova' })] });
    const third = await run({ isResumed: true });
    assert.deepEqual([third.is_done, third.report.inserted, third.report.unchanged], [true, 31, 3]);
    assert.deepEqual([third.rows_done, third.report.rows - third.report.replaced_rows], [31, 31]);
    assert.deepEqual((await run({ isResumed: true })).report, third.report);
  });

  test('a time budget ends a call between two batches', async () => {
    await writeShards(folder(), { 'a.parquet': datasetRows(30) });
    const { rows_done, is_done } = await run({ until: performance.now() + 1, batchSize: 1 });
    assert.ok(rows_done < 30 && !is_done);
  });

  test('two imports of one source do not go on side by side', async () => {
    await writeShards(folder(), { 'a.parquet': datasetRows(300) });
    const runs = await Promise.allSettled([run({ batchSize: 10 }), run({ batchSize: 10 })]);
    const failed = runs.filter((each) => each.status === 'rejected');
    assert.equal(failed.length, 1);
    assert.match(String(failed[0]!.reason), /Another import of folder .* is at work/);
    assert.equal((await news()).length, 300);
  });

  test('the embedded database takes the same rows', async () => {
    const embedded = await openPglite();
    try {
      await migrateUp(embedded);
      await seedAgency(embedded);
      await writeShards(folder(), { 'a.parquet': [...datasetRows(30), datasetRow({ content: null, tags: null })] });
      const [first, second] = [await run(), await run({}, embedded)];
      assert.deepEqual(second.report, first.report);
      const digest = `select md5(string_agg(concat_ws(' ', unique_id, published_at, content, tags::text, search::text,
        parked_version), ' ' order by unique_id)) as digest from news`;
      assert.deepEqual((await embedded.query(digest)).rows, (await db().query(digest)).rows);
    } finally {
      await embedded.close();
    }
  });
});
