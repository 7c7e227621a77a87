import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DatasetRow, datasetColumns } from '../../shared/dataset-schema.ts';
import type { DatasetFile, DatasetSource } from '../../shared/dataset-source.ts';
import { createParquetStream, type ParquetStreamOptions } from '../../shared/parquet.ts';

/** A row of the dataset; only what a test is about needs to be given. */
export function datasetRow(
  uniqueId: string,
  publishedAt: string,
  fields: Partial<DatasetRow> = {},
): Partial<DatasetRow> {
  return {
    unique_id: uniqueId,
    agency: 'mec',
    published_at: Date.parse(publishedAt) * 1000,
    extracted_at: Date.parse(publishedAt) * 1000 + 123_456,
    title: `Título de ${uniqueId}`,
    url: `https://www.gov.br/mec/${uniqueId}`,
    content: `Texto de ${uniqueId}.`,
    tags: [],
    ...fields,
  };
}

/** Writes a shard into a folder that stands for the Hub. */
export async function writeShard(
  folder: string,
  path: string,
  rows: readonly Partial<DatasetRow>[],
  options: Partial<ParquetStreamOptions> = {},
): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  const file = await open(join(folder, path), 'w');
  const stream = createParquetStream({
    columns: datasetColumns,
    write: async (bytes) => {
      await file.writeFile(bytes);
    },
    ...options,
  });
  for (const row of rows) await stream.append(row);
  await stream.finish();
  await file.close();
}

/** What was read of the files of a dataset since the last `take`. */
export interface Reads {
  bytes: number;
  requests: number;
  /** In the order in which they were first read. */
  paths: string[];
}

/** The same dataset, with every read counted. */
export function countReads(source: DatasetSource): { source: DatasetSource; take(): Reads } {
  let reads: Reads = { bytes: 0, requests: 0, paths: [] };
  const count = (path: string, bytes: number) => {
    reads.bytes += bytes;
    reads.requests += 1;
    if (!reads.paths.includes(path)) reads.paths.push(path);
  };
  const counted = (file: DatasetFile): DatasetFile => ({
    ...file,
    open: async () => {
      const access = await file.open();
      return {
        ...access,
        slice: (start, end) => {
          count(file.path, end - start);
          return access.slice(start, end);
        },
      };
    },
  });
  return {
    source: { ...source, files: source.files.map(counted) },
    take: () => {
      const taken = reads;
      reads = { bytes: 0, requests: 0, paths: [] };
      return taken;
    },
  };
}
