import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { openDatasetFolder } from '../../shared/dataset-folder.ts';
import { openShard, type ShardRow } from '../../shared/dataset-reader.ts';
import { PermanentError } from '../../shared/errors.ts';
import { datasetRow, datasetRows, micros, shardBytes, writeShardFile } from '../functions/import/shards.ts';
import { countReads } from '../support/dataset.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reader-'));
});
after(() => rm(folder, { recursive: true }));

/** Writes a file of its own, and opens it. */
async function open(bytes: Uint8Array, name = `data/${Math.random()}.parquet`) {
  await writeShardFile(folder, name, bytes);
  const { files } = await openDatasetFolder(folder);
  return await openShard(files.find(({ path }) => path === name)!);
}

async function readAll(bytes: Uint8Array, from = 0): Promise<ShardRow[]> {
  const shard = await open(bytes);
  const rows: ShardRow[] = [];
  for await (const part of shard.readRows(from)) rows.push(...part);
  await shard.close();
  return rows;
}

const text = (name: string, data: unknown[]): ColumnSource => ({ name, data, type: 'STRING' });
/** What a shard needs besides what a test is about. */
const required = (fields: ColumnSource[] = []): Uint8Array => {
  const names = new Set(fields.map(({ name }) => name));
  const columns = [
    text('unique_id', ['a']),
    text('agency', ['mec']),
    text('published_at', ['2025-03-10T12:00:00-03:00']),
    text('title', ['Título']),
    text('url', ['https://www.gov.br/a']),
  ].filter(({ name }) => !names.has(name));
  return new Uint8Array(parquetWriteBuffer({ columnData: [...columns, ...fields] }));
};

for (const codec of ['zstd', 'snappy'] as const) {
  test(`reads ${codec} row group by row group, from any row on`, async () => {
    const rows = [
      datasetRow({ published_at: micros('1969-12-31T23:59:59.999Z') + 1, extracted_at: -1, tags: [], summary: '' }),
      ...datasetRows(24),
    ];
    const bytes = await shardBytes(rows, { codec, rowGroupRows: 10 });
    assert.deepEqual(
      (await readAll(bytes)).map(({ fields }) => fields),
      rows,
    );
    assert.deepEqual(
      (await readAll(bytes, 13)).map(({ position }) => position),
      Array.from({ length: 12 }, (_, index) => index + 13),
    );
  });
}

test('columns that came later may be missing', async () => {
  const row = datasetRow({ subtitle: null, editorial_lead: null, summary: null });
  const without = ['subtitle', 'editorial_lead', 'summary', 'theme_1_level_2_code', 'updated_datetime'];
  const [read] = await readAll(await shardBytes([row], { without }));
  assert.deepEqual(read!.fields, row);
});

test('timestamps are read from ISO texts, with the zone of the dataset where they have none', async () => {
  const read = async (published: string, extracted: string) => {
    const rows = await readAll(required([text('published_at', [published]), text('extracted_at', [extracted])]));
    return [rows[0]!.fields.published_at, rows[0]!.fields.extracted_at];
  };
  assert.deepEqual(await read('2025-03-10T12:00:00-03:00', '2025-03-10 18:00:00.123456'), [
    micros('2025-03-10T15:00:00Z'),
    micros('2025-03-10T18:00:00.123Z') + 456,
  ]);
  assert.deepEqual(await read('2025-03-10', '2025-03-10T18:00Z'), [
    micros('2025-03-10T03:00:00Z'),
    micros('2025-03-10T18:00:00Z'),
  ]);
});

test('a value that is none of its column is named, not guessed', async () => {
  const [row] = await readAll(required([text('published_at', ['31/02/2025']), text('extracted_at', ['2025-02-30'])]));
  assert.deepEqual(row!.unreadable, ['published_at "31/02/2025"', 'extracted_at "2025-02-30"']);
  assert.equal(row!.fields.published_at, null);
});

test('instants that their column cannot hold are named', async () => {
  const fields = [text('published_at', ['2300-01-01']), text('extracted_at', ['2300-01-01'])];
  assert.deepEqual((await readAll(required(fields)))[0]!.unreadable, ['extracted_at "2300-01-01"']);
  const far = new Date('0001-01-03T00:00:00Z');
  const [row] = await readAll(required([{ name: 'extracted_at', data: [far], type: 'TIMESTAMP' }]));
  assert.deepEqual([row!.fields.extracted_at, row!.unreadable.length], [null, 1]);
});

test('a large row group without a page index is read in parts, and its bytes once', async () => {
  const count = 40;
  const texts = Array.from({ length: count }, (_, index) => `${index} `.repeat(400_000));
  const columnData = ['unique_id', 'agency', 'published_at', 'title', 'url'].map((name) =>
    text(
      name,
      texts.map((_, index) => `${name} ${index}`),
    ),
  );
  const bytes = parquetWriteBuffer({ columnData: [...columnData, text('summary', texts)] });
  await writeShardFile(folder, 'data/large.parquet', new Uint8Array(bytes));
  const { source, take } = countReads(await openDatasetFolder(folder));
  const shard = await openShard(source.files.find(({ path }) => path === 'data/large.parquet')!);
  const partRows: number[] = [];
  const summaries: (string | null)[] = [];
  for await (const part of shard.readRows(3)) {
    partRows.push(part.length);
    summaries.push(...part.map(({ fields }) => fields.summary));
  }
  await shard.close();
  assert.ok(partRows.length > 1, `parts of ${partRows} rows`);
  assert.deepEqual(summaries, texts.slice(3));
  assert.ok(take().bytes < 1.5 * bytes.byteLength);
});

test('instants in milliseconds, and of readings without a zone', async () => {
  const instant = new Date('2025-03-10T15:00:00Z');
  const [row] = await readAll(required([{ name: 'published_at', data: [instant], type: 'TIMESTAMP' }]));
  assert.equal(row!.fields.published_at, instant.getTime() * 1000);
});

test('a file of another schema is refused with its columns named', async () => {
  const foreign = parquetWriteBuffer({
    columnData: [text('unique_id', ['a']), { name: 'title', data: [1], type: 'INT32' }, text('tags', ['a, b'])],
  });
  await assert.rejects(open(new Uint8Array(foreign), 'data/foreign.parquet'), (error: Error) => {
    assert.ok(error instanceof PermanentError);
    assert.match(error.message, /^data\/foreign\.parquet is no shard of the news dataset: column agency is missing/);
    assert.match(error.message, /column title is INT32 and not string/);
    assert.match(
      error.message,
      /column tags is .*STRING.* and not list<string>|column tags is UTF8 and not list<string>/,
    );
    return true;
  });
});

test('half a file, an empty one and a damaged one are refused by name', async () => {
  const whole = await shardBytes(datasetRows(50));
  const damaged = Uint8Array.from(whole);
  damaged.fill(0xff, 4, whole.length / 2);
  for (const bytes of [whole.subarray(0, whole.length / 2), new Uint8Array(0), Buffer.from('PAR1PAR1')]) {
    await assert.rejects(
      open(bytes, 'data/half.parquet'),
      /PermanentError: data\/half\.parquet cannot be read as Parquet/,
    );
  }
  await assert.rejects(readAll(damaged), /PermanentError: data\/.*cannot be read as Parquet/);
});

test('the fingerprint differs when one value does', async () => {
  const rows = datasetRows(3);
  const prints = await Promise.all(
    [rows, rows, [...rows.slice(0, 2), datasetRow({ title: 'Outra' })]].map(async (each, index) => {
      const shard = await open(await shardBytes(each), `data/print-${index}.parquet`);
      await shard.close();
      return shard.fingerprint;
    }),
  );
  assert.equal(prints[0], prints[1]);
  assert.notEqual(prints[0], prints[2]);
});

test('a folder says which files that look like Parquet it leaves out', async () => {
  const mixed = await mkdtemp(join(tmpdir(), 'mixed-'));
  for (const path of ['B.PARQUET', '.cache/c.parquet']) await writeShardFile(mixed, path, new Uint8Array(3));
  await assert.rejects(
    openDatasetFolder(mixed),
    /holds no Parquet file to read; left out: \.cache\/c\.parquet, B\.PARQUET/,
  );
  await writeShardFile(mixed, 'a.parquet', new Uint8Array(3));
  const { files, leftOut } = await openDatasetFolder(mixed);
  assert.deepEqual([files.map(({ path }) => path), leftOut], [['a.parquet'], ['.cache/c.parquet', 'B.PARQUET']]);
  await rm(mixed, { recursive: true });
});

test('a folder without Parquet files, or none at all, is refused', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'empty-'));
  await writeShardFile(empty, '.cache/half.parquet', new Uint8Array(3));
  await assert.rejects(openDatasetFolder(empty), /DatasetAbsentError: .* holds no Parquet file/);
  await assert.rejects(openDatasetFolder(join(empty, 'nowhere')), /DatasetAbsentError: .*nowhere is not a folder/);
  await rm(empty, { recursive: true });
});
