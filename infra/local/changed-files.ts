import { createHash } from 'node:crypto';
import { type DatasetRef, listLedgerShards } from '../../functions/export/sql.ts';
import type { Queryable } from '../../shared/database.ts';
import type { DatasetFile, DatasetSource } from '../../shared/dataset-source.ts';

const chunkBytes = 8 * 1024 * 1024;

/**
 * The same dataset with those files alone that are not as our last export left them: what others wrote since. After an
 * export that died between its commit and its ledger, files of our own are among them.
 */
export async function changedSinceExport(
  source: DatasetSource,
  ref: DatasetRef,
  db: Queryable,
): Promise<DatasetSource> {
  const published = new Map((await listLedgerShards(db, ref)).map((shard) => [shard.path, shard]));
  const files: DatasetFile[] = [];
  for (const file of source.files) {
    const known = published.get(file.path);
    if (known?.sizeBytes !== file.sizeBytes || known.sha256 !== (await contentName(file))) files.push(file);
  }
  return { ...source, files };
}

/** SHA-256 in hex: of a file on the Hub by its name there, else by reading it. */
async function contentName(file: DatasetFile): Promise<string> {
  if (file.oid && /^[0-9a-f]{64}$/.test(file.oid)) return file.oid;
  const access = await file.open();
  try {
    const hash = createHash('sha256');
    for (let start = 0; start < file.sizeBytes; start += chunkBytes) {
      hash.update(new Uint8Array(await access.slice(start, Math.min(file.sizeBytes, start + chunkBytes))));
    }
    return hash.digest('hex');
  } finally {
    await access.close();
  }
}
