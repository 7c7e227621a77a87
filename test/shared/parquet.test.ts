import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataType, TimeUnit } from 'apache-arrow';
import { type DatasetRow, datasetColumns } from '../../shared/dataset-schema.ts';
import { createParquetStream, type ParquetStreamOptions } from '../../shared/parquet.ts';
import { readArrowSchema, readMetadata, readParquet } from '../support/parquet.ts';

/** The published contract, spelled out: it must not follow the code when that changes. */
const contract = [
  ['unique_id', 'Utf8'],
  ['agency', 'Utf8'],
  ['published_at', 'Timestamp<MICROSECOND, -03:00>'],
  ['updated_datetime', 'Timestamp<MICROSECOND, -03:00>'],
  ['extracted_at', 'Timestamp<NANOSECOND>'],
  ['title', 'Utf8'],
  ['subtitle', 'Utf8'],
  ['editorial_lead', 'Utf8'],
  ['url', 'Utf8'],
  ['content', 'Utf8'],
  ['image', 'Utf8'],
  ['video_url', 'Utf8'],
  ['category', 'Utf8'],
  ['tags', 'List<Utf8>'],
  ['theme_1_level_1', 'Utf8'],
  ['theme_1_level_1_code', 'Utf8'],
  ['theme_1_level_1_label', 'Utf8'],
  ['theme_1_level_2_code', 'Utf8'],
  ['theme_1_level_2_label', 'Utf8'],
  ['theme_1_level_3_code', 'Utf8'],
  ['theme_1_level_3_label', 'Utf8'],
  ['most_specific_theme_code', 'Utf8'],
  ['most_specific_theme_label', 'Utf8'],
  ['summary', 'Utf8'],
];

const emptyRow = Object.fromEntries(datasetColumns.map(({ name }) => [name, null])) as DatasetRow;

function row(index: number, values: Partial<DatasetRow> = {}): DatasetRow {
  return { ...emptyRow, unique_id: `noticia_${index}`, title: `Notícia ${index}`, tags: [], ...values };
}

async function write(rows: readonly DatasetRow[], options: Partial<ParquetStreamOptions> = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const stream = createParquetStream({
    columns: datasetColumns,
    write: async (bytes) => void chunks.push(Buffer.from(bytes)),
    ...options,
  });
  for (const item of rows) await stream.append(item);
  await stream.finish();
  return Buffer.concat(chunks);
}

function arrowTypeName(type: DataType): string {
  if (DataType.isList(type)) return `List<${arrowTypeName(type.valueType)}>`;
  if (!DataType.isTimestamp(type)) return String(type);
  return `Timestamp<${[TimeUnit[type.unit], type.timezone].filter(Boolean).join(', ')}>`;
}

test('the Arrow schema of a shard is the contract, column by column', async () => {
  const schema = readArrowSchema(await write([row(1)]));
  assert.deepEqual(
    schema.fields.map(({ name, type }) => [name, arrowTypeName(type)]),
    contract,
  );
  assert.ok(schema.fields.every(({ nullable }) => nullable));
});

test('the Parquet schema says the same as far as it can', async () => {
  const { schema } = readMetadata(await write([row(1)]));
  assert.deepEqual(
    schema.map(({ name }) => name).filter((name) => !['schema', 'list', 'element'].includes(name)),
    contract.map(([name]) => name),
  );
  assert.deepEqual(
    schema.filter(({ repetition_type }) => repetition_type === 'REQUIRED'),
    [],
  );
  const columnOf = (name: string) => schema.find((element) => element.name === name);
  assert.deepEqual(columnOf('published_at')?.logical_type, {
    type: 'TIMESTAMP',
    isAdjustedToUTC: true,
    unit: 'MICROS',
  });
  assert.deepEqual(columnOf('updated_datetime')?.logical_type, columnOf('published_at')?.logical_type);
  assert.deepEqual(columnOf('extracted_at')?.logical_type, {
    type: 'TIMESTAMP',
    isAdjustedToUTC: false,
    unit: 'NANOS',
  });
  assert.deepEqual(columnOf('tags')?.logical_type, { type: 'LIST' });
  assert.deepEqual(columnOf('title')?.logical_type, { type: 'STRING' });
});

for (const codec of ['zstd', 'snappy'] as const) {
  test(`another reader finds every value as it was, in ${codec}`, async () => {
    const rows = [
      row(1, { published_at: -2_208_988_800_000_001, updated_datetime: -1, extracted_at: 1_767_225_600_123_456 }),
      row(2, { subtitle: '', summary: null, tags: [], category: 'Notícias' }),
      row(3, { subtitle: null, summary: '', tags: ['Saúde', '', 'Educação, "básica"', '🇧🇷'] }),
    ];
    const bytes = await write(rows, { codec });
    const expected = rows.map((item) => ({
      ...item,
      published_at: item.published_at === null ? null : BigInt(item.published_at),
      updated_datetime: item.updated_datetime === null ? null : BigInt(item.updated_datetime),
      extracted_at: item.extracted_at === null ? null : BigInt(item.extracted_at) * 1000n,
    }));
    assert.deepEqual(await readParquet(bytes), expected);
    const codecs = readMetadata(bytes).row_groups[0]?.columns.map(({ meta_data }) => meta_data?.codec);
    assert.deepEqual(new Set(codecs), new Set([codec.toUpperCase()]));
  });
}

test('a text of 3 MB arrives whole', async () => {
  const content = `á${'x'.repeat(3_000_000)}€`;
  const [first, second] = await readParquet(await write([row(1, { content }), row(2, { content: '' })]));
  assert.ok(first?.content === content);
  assert.equal(second?.content, '');
});

test('a row group ends at its bound of rows and at its bound of text', async () => {
  const rows = Array.from({ length: 25 }, (_, index) => row(index));
  const byRows = readMetadata(await write(rows, { rowGroupRows: 10 })).row_groups;
  assert.deepEqual(
    byRows.map(({ num_rows }) => num_rows),
    [10n, 10n, 5n],
  );
  const texts = [1, 2, 3].map((index) => row(index, { content: 'x'.repeat(600) }));
  const byText = readMetadata(await write(texts, { rowGroupBytes: 1_000 })).row_groups;
  assert.deepEqual(
    byText.map(({ num_rows }) => num_rows),
    [2n, 1n],
  );
});

test('every column chunk has its page index, and it leads to the right rows', async () => {
  // Contents of several pages beside columns of a single page, with a dictionary and without.
  const rows = Array.from({ length: 40 }, (_, index) =>
    row(index, { content: `${index} `.repeat(40_000), agency: index % 2 ? 'mec' : 'saude', tags: [`tag ${index}`] }),
  );
  const bytes = await write(rows, { rowGroupRows: 30 });
  const chunks = readMetadata(bytes).row_groups.flatMap(({ columns }) => columns);
  assert.equal(chunks.length, 2 * 24);
  for (const chunk of chunks) {
    assert.ok(chunk.column_index_offset && chunk.column_index_length, String(chunk.meta_data?.path_in_schema));
    assert.ok(chunk.offset_index_offset && chunk.offset_index_length, String(chunk.meta_data?.path_in_schema));
  }
  const expected = rows.slice(27, 33).map(({ unique_id, agency, content, tags }) => {
    return { unique_id, agency, content, tags };
  });
  const columns = ['unique_id', 'agency', 'content', 'tags'];
  const read = await readParquet(bytes, { columns, rowStart: 27, rowEnd: 33, useOffsetIndex: true });
  assert.deepEqual(read, expected);
});

test('the same rows give the same bytes', async () => {
  const rows = Array.from({ length: 300 }, (_, index) => row(index, { content: `Texto ${index % 7}`.repeat(50) }));
  const bytes = await write(rows, { rowGroupRows: 100 });
  assert.ok(bytes.equals(await write(rows, { rowGroupRows: 100 })));
  rows[150] = row(150, { content: 'Outro texto' });
  assert.ok(!bytes.equals(await write(rows, { rowGroupRows: 100 })));
});

test('texts may come as their UTF-8 bytes, and timestamps as bigints', async () => {
  const values = { title: 'Água', tags: ['a', 'é'], published_at: 1, extracted_at: 2 };
  const inBytes = { ...values, title: Buffer.from('Água'), tags: ['a', 'é'].map((tag) => Buffer.from(tag)) };
  const exact = { published_at: 1n, extracted_at: 2n };
  const [plain, binary] = await Promise.all([
    write([row(1, values)]),
    write([{ ...row(1), ...inBytes, ...exact } as unknown as DatasetRow]),
  ]);
  assert.ok(plain.equals(binary));
});

test('instants of the years 1 and 9999 fit a column of microseconds, and not one of nanoseconds', async () => {
  const years = [-62_122_550_399_999_999n, 253_402_300_799_999_999n];
  const rows = years.map((published_at) => ({ ...row(1), published_at }) as unknown as DatasetRow);
  const read = await readParquet(await write(rows));
  assert.deepEqual(
    read.map(({ published_at }) => published_at),
    years,
  );
  const extracted = { ...row(1), extracted_at: years[1] } as unknown as DatasetRow;
  await assert.rejects(write([extracted]), RangeError);
});

test('a column that stops repeating goes on without a dictionary', async () => {
  const category = (index: number) => (index < 300 ? `Seção ${index % 3}` : `Seção própria de ${index}`);
  const rows = Array.from({ length: 1_200 }, (_, index) => {
    return row(index, { agency: index % 2 ? 'mec' : null, category: category(index), tags: ['a', `tag ${index % 5}`] });
  });
  const bytes = await write(rows, { rowGroupRows: 2_000 });
  const read = await readParquet(bytes, { columns: ['agency', 'category', 'tags'] });
  assert.deepEqual(
    read,
    rows.map(({ agency, category, tags }) => ({ agency, category, tags })),
  );
  const chunks = readMetadata(bytes).row_groups[0]!.columns.map(({ meta_data }) => meta_data!);
  const hasDictionary = (name: string) =>
    chunks.find(({ path_in_schema }) => path_in_schema[0] === name)!.dictionary_page_offset !== undefined;
  assert.deepEqual(['agency', 'category', 'tags', 'title'].map(hasDictionary), [true, false, true, false]);
});

test('a list may hold missing elements', async () => {
  const tags = [['a', null], [null], [], ['b']] as string[][];
  const read = await readParquet(await write(tags.map((list, index) => row(index, { tags: list }))), {
    columns: ['tags'],
  });
  assert.deepEqual(
    read.map((item) => item.tags),
    tags,
  );
});

test('statistics hold the bounds of a chunk in byte order, and its nulls', async () => {
  // In UTF-16 the flag would stand before the letter, in UTF-8 it stands behind.
  const titles = ['\uffee', '🇧🇷', 'b', 'a'];
  const rows = titles.map((title, index) => row(index, { title, published_at: -index, summary: null, tags: [] }));
  const { row_groups: groups } = readMetadata(await write(rows, { pageBytes: 1 }));
  const statistics = (name: string) =>
    groups[0]!.columns.find(({ meta_data }) => meta_data!.path_in_schema[0] === name)!.meta_data!.statistics!;
  assert.deepEqual([statistics('title').min_value, statistics('title').max_value], ['a', '🇧🇷']);
  assert.equal(statistics('title').null_count, 0n);
  assert.equal(Number(statistics('published_at').max_value), 0);
  assert.deepEqual([statistics('summary').min_value, statistics('summary').null_count], [undefined, 4n]);
});
