import { periodBounds, shardPeriod } from './dataset-period.ts';
import { openFooter, type ShardFooter } from './dataset-shards.ts';
import type { DatasetFile, DatasetSource } from './dataset-source.ts';

/** A shard as its name alone describes it. */
export interface DatasetShard {
  file: DatasetFile;
  /** Microseconds, from the first instant to before the last; infinite where the name promises nothing. */
  start: number;
  end: number;
  /** Reads the footer, once while it is in the cache. */
  footer(): Promise<ShardFooter>;
}

export interface FooterCacheOptions {
  open(): Promise<DatasetSource>;
  /** How long a commit is read before the next one is looked for. Default 60,000. */
  maxAgeMs?: number;
  /** Footers held, of some 50 kB each; ids take 4 bytes a row. Default 400. */
  maxFooters?: number;
  now?(): number;
}

/** The shards of a dataset that moves on: those of its head of a minute ago at most, with their footers cached. */
export function createFooterCache({ open, maxAgeMs = 60_000, maxFooters = 400, now = Date.now }: FooterCacheOptions) {
  const footers = new Map<string, Promise<ShardFooter>>();
  let opened: { at: number; shards: Promise<DatasetShard[]> } | undefined;
  let openCount = 0;

  const footer = (file: DatasetFile, version: string): Promise<ShardFooter> => {
    const key = `${file.path} ${version}`;
    let known = footers.get(key);
    if (!known) {
      known = openFooter(file);
      known.catch(() => footers.delete(key));
    }
    // The last in a Map is the one used last.
    footers.delete(key);
    footers.set(key, known);
    for (const oldest of footers.keys()) {
      if (footers.size <= maxFooters) break;
      footers.delete(oldest);
    }
    return known;
  };

  const list = async (): Promise<DatasetShard[]> => {
    openCount += 1;
    const version = `opening ${openCount}`;
    const { files, revision } = await open();
    return files
      .filter(({ path }) => /^data\/train-[^/]*\.parquet$/.test(path))
      .map((file) => {
        const period = shardPeriod(file.path);
        const bounds = period ? periodBounds(period) : undefined;
        return {
          file,
          start: bounds ? bounds.start.getTime() * 1000 : -Infinity,
          end: bounds ? bounds.end.getTime() * 1000 : Infinity,
          footer: () => footer(file, file.oid ?? revision ?? version),
        };
      });
  };

  /** The shards of the dataset, the newest first. */
  return async (): Promise<DatasetShard[]> => {
    if (!opened || now() - opened.at >= maxAgeMs) {
      const shards = list().then((all) => all.sort((a, b) => b.end - a.end || b.start - a.start));
      const current = { at: now(), shards };
      opened = current;
      shards.catch(() => {
        if (opened === current) opened = undefined;
      });
    }
    return await opened.shards;
  };
}
