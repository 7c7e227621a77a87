import { createHash } from 'node:crypto';
import { type DatasetTarget, HeadMovedError, type StagedFile } from '../../../functions/export/target.ts';

/** A dataset in memory, for tests that export thousands of times: with a head and hashes, as the Hub has. */
export interface MemoryDataset {
  files: Map<string, Buffer>;
  commitCount: number;
  target: DatasetTarget;
}

export function createMemoryDataset(): MemoryDataset {
  const dataset = { files: new Map<string, Buffer>(), commitCount: 0 };
  const contents = new WeakMap<StagedFile, Buffer>();
  const headOf = () => `commit ${dataset.commitCount}`;
  let card: string | null = null;

  const target: DatasetTarget = {
    readTree: async () => {
      const files = [...dataset.files].map(([path, bytes]) => {
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        return [path, { sizeBytes: bytes.length, sha256 }] as const;
      });
      return { head: headOf(), files: new Map(files), stale: [], readCard: async () => card };
    },
    stage: async () => {
      const chunks: Buffer[] = [];
      const file: StagedFile = {
        write: async (bytes) => {
          chunks.push(Buffer.from(bytes));
        },
        finish: async () => {
          const bytes = Buffer.concat(chunks);
          contents.set(file, bytes);
          return { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
        },
        discard: async () => {},
      };
      return file;
    },
    commit: async (change) => {
      if (change.parent !== headOf()) throw new HeadMovedError(`The head is no longer ${change.parent}`);
      for (const { path, file } of change.adds) dataset.files.set(path, contents.get(file)!);
      for (const path of change.deletes) dataset.files.delete(path);
      card = change.card ?? card;
      dataset.commitCount += 1;
      return headOf();
    },
  };
  return Object.assign(dataset, { target });
}
