import { tmpdir } from 'node:os';
import type { HubDataset } from '../../shared/hub.ts';
import { isShardPath } from './period.ts';
import { openScratchFile } from './scratch-file.ts';
import { cardPath, type DatasetTarget, HeadMovedError, isStalePath, type StagedFile, type TreeFile } from './target.ts';

/** What the Hub looks at to tell what a file is. */
const SAMPLE_BYTES = 512;

/**
 * A dataset on the Hub. A shard lies on this machine's disk, which on Cloud Run is memory, until it is finished: then
 * it is uploaded by its hash and dropped, and the commit names hashes only.
 *
 * @param scratchFolder where a shard lies meanwhile: one at a time, no larger than a shard may be.
 */
export function createHubTarget(hub: HubDataset, { scratchFolder = tmpdir() } = {}): DatasetTarget {
  const samples = new WeakMap<StagedFile, Uint8Array>();

  const readTree = async () => {
    const head = await hub.readHead();
    const all = await hub.listFiles(head);
    const shards = all.filter(({ path }) => isShardPath(path));
    const files = new Map(
      shards.map(({ path, sizeBytes, sha256 }): [string, TreeFile] => {
        return [path, { sizeBytes, sha256: sha256 ?? null }];
      }),
    );
    const hasCard = all.some(({ path }) => path === cardPath);
    return {
      head,
      files,
      stale: all.map(({ path }) => path).filter(isStalePath),
      readCard: async () => (hasCard ? await hub.readText(cardPath, head) : null),
    };
  };

  const stage = async (): Promise<StagedFile> => {
    const scratch = await openScratchFile(scratchFolder);
    let sample = Buffer.alloc(0);
    const file: StagedFile = {
      write: async (bytes) => {
        if (sample.length < SAMPLE_BYTES) {
          sample = Buffer.concat([sample, bytes.subarray(0, SAMPLE_BYTES - sample.length)]);
        }
        await scratch.append(bytes);
      },
      finish: async () => {
        const object = { sha256: scratch.sha256(), sizeBytes: scratch.sizeBytes };
        await hub.upload({ ...object, read: scratch.read });
        await scratch.close();
        samples.set(file, sample);
        return object;
      },
      discard: scratch.close,
    };
    return file;
  };

  return {
    url: hub.url,
    readTree,
    stage,
    commit: async ({ parent, title, adds, card, deletes }) => {
      const result = await hub.commit({
        parent: parent!,
        title,
        objects: adds.map(({ path, sha256, sizeBytes, file }) => {
          return { path, sha256, sizeBytes, sample: samples.get(file)! };
        }),
        texts: card === undefined ? [] : [{ path: cardPath, text: card }],
        deletes,
      });
      if (result === 'head-moved') throw new HeadMovedError(`The dataset moved on from ${parent} during the export`);
      return result.oid;
    },
  };
}
