import { setTimeout as sleep } from 'node:timers/promises';
import { periodBounds, shardPeriod } from './dataset-period.ts';
import { openFooter, type ShardFooter, type UnreadableShardError } from './dataset-shards.ts';
import { type DatasetFile, type DatasetSource, isShardPath } from './dataset-source.ts';
import { errorText, PermanentError } from './errors.ts';
import { type Logger, silentLogger } from './log.ts';

/** A shard as its name alone describes it. */
export interface DatasetShard {
  file: DatasetFile;
  /** Microseconds, from the first instant to before the last; infinite where the name promises nothing. */
  start: number;
  end: number;
  /** Reads the footer, once while it is in the cache. @throws {UnreadableShardError} when it is none. */
  footer(): Promise<ShardFooter>;
}

/** The shards of a dataset that moves on, as those who ask see them. */
export interface FooterCache {
  /** Those that can be read, the newest first. */
  shards(): Promise<DatasetShard[]>;
  /** The next one who asks waits for the dataset as it stands then. */
  refresh(): void;
  /** Leaves a file out while it stands as it is, and says so once; false where it is no longer among those known. */
  leaveOut(error: UnreadableShardError): boolean;
  /** What is left out. */
  unreadable(): UnreadableFile[];
}

/** A file that no answer comes from. */
export interface UnreadableFile {
  path: string;
  reason: string;
}

export interface FooterCacheOptions {
  open(): Promise<DatasetSource>;
  /** How long a commit is read before the next one is looked for. Default 60,000. */
  maxAgeMs?: number;
  /** How long it is read on while no other can be found. Default an hour; after it, questions fail. */
  maxStaleMs?: number;
  /** How long a question waits for the next commit before it is answered from the one that is known. Default 1,000. */
  maxWaitMs?: number;
  /** Footers held, of some 50 kB each; ids take 4 bytes a row. Default 400. */
  maxFooters?: number;
  log?: Logger;
  /** Milliseconds that never go back. */
  now?(): number;
}

interface Opened {
  at: number;
  shards: (DatasetShard & { key: string })[];
}

/**
 * Holds the shards of the head of a minute ago, with their footers. An older one is renewed beside the answer: a Hub that
 * is slow, or down, delays no question much.
 */
export function createFooterCache(options: FooterCacheOptions): FooterCache {
  const { open, maxAgeMs = 60_000, maxStaleMs = 3_600_000, maxWaitMs = 1_000, maxFooters = 400 } = options;
  const { log = silentLogger, now = () => performance.now() } = options;
  const footers = new Map<string, Promise<ShardFooter>>();
  const unreadable = new Map<string, UnreadableFile>();
  let opened: Opened | undefined;
  let failedAt = -Infinity;
  let renewal: Promise<Opened> | undefined;
  let openCount = 0;

  const footer = (file: DatasetFile, key: string): Promise<ShardFooter> => {
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

  const list = async (): Promise<Opened> => {
    openCount += 1;
    const version = `opening ${openCount}`;
    const at = now();
    const { files, revision } = await open();
    const shards = files
      .filter(({ path }) => isShardPath(path))
      .map((file) => {
        const period = shardPeriod(file.path);
        const bounds = period ? periodBounds(period) : undefined;
        const key = `${file.path} ${file.oid ?? revision ?? version}`;
        return {
          file,
          key,
          start: bounds ? bounds.start.getTime() * 1000 : -Infinity,
          end: bounds ? bounds.end.getTime() * 1000 : Infinity,
          footer: () => footer(file, key),
        };
      });
    const keys = new Set(shards.map(({ key }) => key));
    for (const key of unreadable.keys()) if (!keys.has(key)) unreadable.delete(key);
    return { at, shards: shards.sort((a, b) => b.end - a.end || b.start - a.start) };
  };

  const renew = (): Promise<Opened> => {
    renewal ??= list()
      .then(
        (found) => {
          opened = found;
          return found;
        },
        (error: unknown) => {
          failedAt = now();
          if (opened) log.warning('dataset not looked at anew', { error: errorText(error) });
          throw error;
        },
      )
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  const current = async (): Promise<Opened> => {
    const age = opened ? now() - opened.at : Infinity;
    if (!opened || age >= maxStaleMs) return await renew();
    if (age < maxAgeMs || now() - failedAt < maxAgeMs) return opened;
    const known = opened;
    const stayWithKnown = () => known;
    return await Promise.race([renew().catch(stayWithKnown), sleep(maxWaitMs, known, { ref: false })]);
  };

  return {
    shards: async () => {
      const { shards } = await current();
      const readable = shards.filter(({ key }) => !unreadable.has(key));
      if (readable.length > 0 || shards.length === 0) return readable;
      const { reason } = unreadable.get(shards[0]!.key)!;
      throw new PermanentError(`None of the ${shards.length} shards of the dataset can be read: ${reason}`);
    },
    refresh: () => {
      if (opened) opened.at = -Infinity;
    },
    leaveOut: ({ file, message }) => {
      const shard = opened?.shards.find((known) => known.file === file);
      if (!shard) return false;
      if (!unreadable.has(shard.key))
        log.error('shard left out, it cannot be read', { path: file.path, error: message });
      unreadable.set(shard.key, { path: file.path, reason: message });
      return true;
    },
    unreadable: () => [...unreadable.values()],
  };
}
