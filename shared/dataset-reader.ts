import { createHash } from 'node:crypto';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { type ColumnReader, createColumnReader, UnreadableValue } from './dataset-columns.ts';
import { type DatasetRow, datasetColumns } from './dataset-schema.ts';
import type { DatasetFile } from './dataset-source.ts';
import { errorMessage, PermanentError, RetryableError } from './errors.ts';
import { codeOf } from './folder-errors.ts';
import { parquetValues } from './parquet-read.ts';

/** A row of a shard, whatever the shard's own types are. */
export interface ShardRow {
  /** Position in the shard, from 0. */
  position: number;
  fields: DatasetRow;
  /** What could not be read and is null in `fields`: `published_at "ontem"`. */
  unreadable: string[];
}

/** A shard that is open for reading. */
export interface Shard {
  path: string;
  rowCount: number;
  /** Of its size and footer, which holds the place and the bounds of all its values. */
  fingerprint: string;
  /** The rows from a position on, a row group or a part of one at a time: memory is bounded by one row group. */
  readRows(from: number): AsyncGenerator<ShardRow[]>;
  close(): Promise<void>;
}

/** Without these there is no article. */
const requiredColumns = ['unique_id', 'agency', 'published_at', 'title', 'url'] as const;

/** Row groups over this are read in parts, where a page index says where these lie. */
const maxGroupBytes = 64 * 1024 * 1024;

/** Sizes of 8 bytes and the mark that close a Parquet file. */
const trailerBytes = 8;

/**
 * Opens a shard of the dataset. Columns that came to the dataset later may be missing, and are null; others are not
 * read. Texts may be dictionaries or large strings; timestamps of any unit, or ISO texts.
 *
 * @throws {PermanentError} when the file is no whole Parquet file, or a column is missing or of another type; the text
 * names the file.
 */
export async function openShard(file: DatasetFile): Promise<Shard> {
  const access = await file.open();
  try {
    const explaining = explainingFile(file.path);
    const buffer: AsyncBuffer = {
      byteLength: file.sizeBytes,
      slice: (start, end = file.sizeBytes) => access.slice(start < 0 ? file.sizeBytes + start : start, end),
    };
    const { metadata, fingerprint } = await explaining(() => readFooter(buffer));
    const readers = columnReaders(file.path, metadata);
    const rowCount = Number(metadata.num_rows);
    return {
      path: file.path,
      rowCount,
      fingerprint,
      readRows: (from) => readRows({ buffer, metadata, readers, explaining }, from),
      close: () => access.close(),
    };
  } catch (error) {
    await access.close();
    throw error;
  }
}

async function readFooter(buffer: AsyncBuffer) {
  if (buffer.byteLength < 2 * trailerBytes) throw new Error(`it has ${buffer.byteLength} bytes`);
  const metadata = await parquetMetadataAsync(buffer);
  const footerBytes = metadata.metadata_length + trailerBytes;
  const footer = await buffer.slice(buffer.byteLength - footerBytes, buffer.byteLength);
  const digest = createHash('sha256').update(`${buffer.byteLength} `).update(new Uint8Array(footer)).digest('hex');
  return { metadata, fingerprint: digest.slice(0, 32) };
}

/** The readers of the columns that the file has, by name. */
function columnReaders(path: string, metadata: FileMetaData): Map<keyof DatasetRow, ColumnReader> {
  const found = new Map(parquetSchema(metadata).children.map((column) => [column.element.name, column]));
  const problems = requiredColumns.filter((name) => !found.has(name)).map((name) => `column ${name} is missing`);
  const readers = new Map<keyof DatasetRow, ColumnReader>();
  for (const { name, type } of datasetColumns) {
    const column = found.get(name);
    if (!column) continue;
    const reader = createColumnReader(name, type, column);
    if (typeof reader === 'string') problems.push(`column ${name} is ${reader} and not ${type}`);
    else readers.set(name, reader);
  }
  if (problems.length > 0) {
    throw new PermanentError(`${path} is no shard of the news dataset: ${problems.join(', ')}`);
  }
  return readers;
}

interface OpenFile {
  buffer: AsyncBuffer;
  metadata: FileMetaData;
  readers: ReadonlyMap<keyof DatasetRow, ColumnReader>;
  explaining: ReturnType<typeof explainingFile>;
}

async function* readRows(file: OpenFile, from: number): AsyncGenerator<ShardRow[]> {
  let groupStart = 0;
  for (const group of file.metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows);
    const hasIndex = group.columns.every(({ offset_index_offset: offset }) => offset !== undefined);
    const parts = hasIndex ? Math.ceil(Number(group.total_byte_size) / maxGroupBytes) : 1;
    const step = Math.max(1, Math.ceil(Number(group.num_rows) / Math.max(1, parts)));
    for (let start = Math.max(from, groupStart); start < groupEnd; start += step) {
      yield await readPart(file, start, Math.min(groupEnd, start + step), parts > 1);
    }
    groupStart = groupEnd;
  }
}

async function readPart(
  { buffer, metadata, readers, explaining }: OpenFile,
  start: number,
  end: number,
  isPart: boolean,
) {
  const rows = await explaining(async () => {
    const read = await parquetReadObjects({
      file: buffer,
      metadata,
      columns: [...readers.keys()],
      rowStart: start,
      rowEnd: end,
      useOffsetIndex: isPart,
      ...parquetValues,
    });
    if (read.length === end - start) return read;
    throw new Error(`rows ${start} to ${end - 1} are ${read.length}`);
  });
  return rows.map((row, index) => toShardRow(row, start + index, readers));
}

function toShardRow(
  row: Record<string, unknown>,
  position: number,
  readers: ReadonlyMap<keyof DatasetRow, ColumnReader>,
): ShardRow {
  const fields: Record<string, unknown> = {};
  const unreadable: string[] = [];
  for (const { name } of datasetColumns) {
    const value = row[name] ?? null;
    const read = value === null ? null : readers.get(name)!(value);
    if (read instanceof UnreadableValue) unreadable.push(`${name} ${read.text}`);
    fields[name] = read instanceof UnreadableValue ? null : read;
  }
  return { position, fields: fields as DatasetRow, unreadable };
}

/** Says which file it was; a store that does not answer, or a disk that fails, is no fault of the file. */
function explainingFile(path: string) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      const isExplained = cause instanceof RetryableError || cause instanceof PermanentError;
      if (isExplained || typeof codeOf(cause) === 'string') throw cause;
      throw new PermanentError(`${path} cannot be read as Parquet: ${errorMessage(cause)}`, { cause });
    }
  };
}
