import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listPeriods } from '../../../functions/export/sql.ts';
import type { StagedFile } from '../../../functions/export/target.ts';
import { writePeriod } from '../../../functions/export/write-period.ts';
import { datasetColumns } from '../../../shared/dataset-schema.ts';
import { withoutPostgres } from '../../support/database.ts';
import { readMetadata, readParquet } from '../../support/parquet.ts';
import { insertArticles, readDataset, readIds } from './articles.ts';
import { useExport } from './use-export.ts';

describe('export: a period', { skip: withoutPostgres }, () => {
  const { db, folder, run } = useExport();

  test('is written with the columns that are asked for', async () => {
    await insertArticles(db(), [{ id: 'a', publishedAt: '2026-02-10T12:00:00Z', content: 'x'.repeat(3_000_000) }]);
    const chunks: Buffer[] = [];
    const file: StagedFile = {
      write: async (bytes) => void chunks.push(Buffer.from(bytes)),
      finish: async () => ({ sha256: '', sizeBytes: 0 }),
      discard: async () => {},
    };
    const names = ['published_at', 'agency', 'title', 'url'];
    const columns = names.map((name) => datasetColumns.find((column) => column.name === name)!);
    await db().snapshot(async (tx) => {
      const [state] = await listPeriods(tx, new Date('2026-03-01T03:00:00Z'));
      await writePeriod(state!, { codec: 'zstd', maxShardBytes: 1e9, columns }, { tx, stage: async () => file });
    });
    assert.deepEqual(await readParquet(Buffer.concat(chunks)), [
      {
        published_at: BigInt(Date.parse('2026-02-10T12:00:00Z')) * 1_000n,
        agency: 'mec',
        title: 'Título de a',
        url: 'https://www.gov.br/mec/a',
      },
    ]);
    assert.equal(readMetadata(Buffer.concat(chunks)).schema.length, 5);
  });

  test('of the year 1 or 9999 is exact to the microsecond, over the bounds of batches too', async () => {
    const instants = ['0001-06-15T12:00:00', '9999-12-31T12:00:00'];
    const articles = instants.flatMap((instant) =>
      Array.from({ length: 1_100 }, (_, index) => {
        const id = `${instant.slice(0, 4)}-${String(index).padStart(4, '0')}`;
        return { id, publishedAt: `${instant}.${String(index + 1).padStart(6, '0')}Z` };
      }),
    );
    await insertArticles(db(), articles);
    await run();
    const dataset = await readDataset(folder());
    assert.deepEqual(Object.keys(dataset), ['train-0001-06.parquet', 'train-9999-12-31.parquet']);
    const read = Object.values(dataset).flat();
    assert.deepEqual(
      read.map(({ unique_id, published_at }) => [unique_id, published_at]),
      articles.map(({ id }, index) => {
        const instant = BigInt(Date.parse(`${instants[Math.floor(index / 1_100)]}Z`)) * 1_000n;
        return [id, instant + BigInt((index % 1_100) + 1)];
      }),
    );
  });

  test('of long texts is read in batches of few rows, whole and in order', async () => {
    const content = (index: number) => `${index} áé€`.repeat(400_000);
    const ids = Array.from({ length: 5 }, (_, index) => `a${index}`);
    await insertArticles(
      db(),
      ids.map((id, index) => ({ id, publishedAt: '2026-02-10T12:00:00Z', content: content(index) })),
    );
    await run();
    assert.deepEqual(await readIds(folder()), { 'train-2026-02.parquet': ids });
    const rows = Object.values(await readDataset(folder())).flat();
    assert.ok(rows.every((row, index) => row.content === content(index)));
  });

  test('keeps every text that Postgres takes', async () => {
    const titles = ['\u0001 \u007f', 'com \ufeff BOM', '\uffff\u{10ffff}', 'linha\r\nlinha\t\\N \\. "', ' ', 'I\u0307'];
    await insertArticles(
      db(),
      titles.map((title, index) => ({ id: `a${index}`, publishedAt: '2026-02-10T12:00:00Z', title })),
    );
    await run();
    const rows = Object.values(await readDataset(folder())).flat();
    assert.deepEqual(
      rows.map(({ title }) => title),
      titles,
    );
  });
});
