import { type FileMetaData, parquetSchema } from 'hyparquet';
import { type ColumnReader, createColumnReader, UnreadableValue } from './dataset-columns.ts';
import { type DatasetRow, datasetColumns } from './dataset-schema.ts';
import type { DatasetFile, RandomAccess } from './dataset-source.ts';
import { errorMessage, PermanentError, RetryableError } from './errors.ts';
import { codeOf } from './folder-errors.ts';
import { readColumns, readFooter } from './parquet-read.ts';

type ColumnName = keyof DatasetRow;

/** Rows of a shard that lie together, and between which values. */
export interface ShardGroup {
  firstRow: number;
  rowCount: number;
  /** Microseconds; absent where the file does not say. */
  publishedAt: { min: number; max: number } | undefined;
  agency: { min: string; max: string } | undefined;
  /** Of the ids, in the order of the rows, 32 bits each; known once they were read. */
  idHashes?: Uint32Array;
  /** The values of columns that have few, such as agencies; known once they were read. */
  valuesOf?: Map<ColumnName, ReadonlySet<unknown>>;
}

/** A shard whose footer was read. */
export interface ShardFooter {
  file: DatasetFile;
  metadata: FileMetaData;
  groups: readonly ShardGroup[];
  readers: ReadonlyMap<ColumnName, ColumnReader>;
}

/** A file that is no shard of the news dataset, or is damaged, wherever it is read. */
export class UnreadableShardError extends PermanentError {
  override name = 'UnreadableShardError';
  file: DatasetFile;

  constructor(file: DatasetFile, reason: string, options?: ErrorOptions) {
    super(`${file.path} ${reason}`, options);
    this.file = file;
  }
}

/**
 * Reads the footer of a shard. Columns that it lacks are null in all rows.
 *
 * @throws {UnreadableShardError} when the file is no shard of the news dataset.
 */
export async function openFooter(file: DatasetFile): Promise<ShardFooter> {
  return await withAccess(file, async (access) => {
    const metadata = await readFooter(access, file.sizeBytes);
    const readers = columnReaders(file, metadata);
    let firstRow = 0;
    const groups = metadata.row_groups.map((group): ShardGroup => {
      const rowCount = Number(group.num_rows);
      const bounds = (name: ColumnName) => {
        const column = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema[0] === name)?.meta_data;
        const { min_value: min, max_value: max, null_count: nullCount } = column?.statistics ?? {};
        const read = readers.get(name);
        // A row without a value lies between no bounds.
        if (!read || min === undefined || max === undefined || Number(nullCount ?? 0) > 0) return undefined;
        return { min: read(min), max: read(max) };
      };
      const publishedAt = bounds('published_at');
      const agency = bounds('agency');
      const start = firstRow;
      firstRow += rowCount;
      return {
        firstRow: start,
        rowCount,
        publishedAt: areNumbers(publishedAt) ? publishedAt : undefined,
        agency: areTexts(agency) ? agency : undefined,
      };
    });
    return { file, metadata, groups, readers };
  });
}

/** Reads some columns of the rows from `rowStart` to before `rowEnd`. What cannot be read as its column says is null. */
export async function readShardRows<Name extends ColumnName>(
  shard: ShardFooter,
  columns: readonly Name[],
  rowStart: number,
  rowEnd: number,
): Promise<Pick<DatasetRow, Name>[]> {
  const { file, metadata, readers } = shard;
  const present = columns.filter((name) => readers.has(name));
  const rows = await withAccess(file, (access) =>
    readColumns({ access, sizeBytes: file.sizeBytes, metadata }, { columns: present, rowStart, rowEnd }),
  );
  return rows.map((row) => {
    const fields = columns.map((name) => {
      const value = row[name] ?? null;
      const read = value === null ? null : readers.get(name)!(value);
      return [name, read instanceof UnreadableValue ? null : read];
    });
    return Object.fromEntries(fields) as Pick<DatasetRow, Name>;
  });
}

function columnReaders(file: DatasetFile, metadata: FileMetaData): Map<ColumnName, ColumnReader> {
  const found = new Map(parquetSchema(metadata).children.map((column) => [column.element.name, column]));
  const readers = new Map<ColumnName, ColumnReader>();
  for (const { name, type } of datasetColumns) {
    const column = found.get(name);
    const reader = column && createColumnReader(name, type, column);
    if (typeof reader === 'string') {
      throw new UnreadableShardError(
        file,
        `is no shard of the news dataset: column ${name} is ${reader} and not ${type}`,
      );
    }
    if (reader) readers.set(name, reader);
  }
  if (!readers.has('unique_id') || !readers.has('published_at')) {
    throw new UnreadableShardError(file, 'is no shard of the news dataset: it has no unique_id or no published_at');
  }
  return readers;
}

async function withAccess<T>(file: DatasetFile, work: (access: RandomAccess) => Promise<T>): Promise<T> {
  const access = await file.open();
  try {
    return await work(access);
  } catch (cause) {
    // A store that does not answer, or a disk that fails, is no fault of the file.
    if (cause instanceof RetryableError || cause instanceof PermanentError || typeof codeOf(cause) === 'string') {
      throw cause;
    }
    throw new UnreadableShardError(file, `cannot be read as Parquet: ${errorMessage(cause)}`, { cause });
  } finally {
    await access.close();
  }
}

function areNumbers(bounds: { min: unknown; max: unknown } | undefined): bounds is { min: number; max: number } {
  return typeof bounds?.min === 'number' && typeof bounds.max === 'number';
}

function areTexts(bounds: { min: unknown; max: unknown } | undefined): bounds is { min: string; max: string } {
  return typeof bounds?.min === 'string' && typeof bounds.max === 'string';
}
