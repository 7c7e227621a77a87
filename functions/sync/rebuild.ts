import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../../shared/errors.ts';
import { createPace } from '../../shared/pace.ts';
import { openServedCollection, type ServedCollection } from '../../shared/served-collection.ts';
import { listSearchCollections, type SearchCollection } from '../../shared/sql/search-collections.ts';
import { announceCollection, forgetCollections, markVerified, saveFilled, startBuilding } from './collections-sql.ts';
import { serveCollection } from './serve-collection.ts';
import { countStanding, listStanding } from './sql.ts';
import { type Verification, verifyCollection } from './verify-collection.ts';
import { type BesideDeps, writeBeside } from './write-beside.ts';

export interface RebuildOptions {
  /** Documents a second. */
  rate: number;
  /** Documents of one request, at most 1,000. */
  batchSize: number;
  /** Builds although the served collection has today's schema. */
  isForced?: boolean;
  /** Ends it after the batch that is in work; the next call goes on from there. */
  signal?: AbortSignal;
  onProgress?: (progress: RebuildProgress) => void;
  /** Pauses before a batch is tried again on which the server failed. Default 1, 2, 4 and 8 s. */
  pausesMs?: readonly number[];
}

export type RebuildProgress =
  | { step: 'fill'; collection: string; filled: number; total: number; secondsLeft: number }
  | { step: 'verify'; collection: string; days: number; total: number };

export interface RebuildReport {
  /** `nothing-to-do`: the served collection has today's schema. */
  outcome: 'swapped' | 'nothing-to-do';
  serving: string;
  /** What was served before. */
  former: string | null;
  /** Documents that this call filled in. */
  filled: number;
  verified: Verification | null;
}

const usualPausesMs = [1000, 2000, 4000, 8000];

/**
 * Builds a collection of today's schema beside the served one, fills it from Postgres, verifies it, and lets the alias
 * lead to it. Searches never meet a collection that is not complete; the former one is kept up to date until it is pruned.
 *
 * Nothing is missing afterwards, because of an order: `sync` reads a row, then which collections there are, then writes
 * to all of them. Whoever read the collections before this one was registered had read a row that the fill, which starts
 * after that, finds at least as new; whoever reads them later writes here too.
 *
 * How far it is stands in Postgres, so a killed rebuild is gone on with by the next call, and two at once do the same
 * work twice and no harm.
 *
 * @throws {PermanentError} when the collection refuses documents: nothing is swapped.
 * @throws {Error} the reason of the signal.
 */
export async function rebuildCollection(options: RebuildOptions, deps: BesideDeps): Promise<RebuildReport> {
  const { db, typesense } = deps;
  const served = await openServedCollection(typesense, db);
  const target = await findTarget(served, options.isForced === true, deps);
  if (!target) {
    return { outcome: 'nothing-to-do', serving: served.name, former: null, filled: 0, verified: null };
  }
  const filled = target.state === 'former' ? 0 : await fill(target, options, deps);
  const verified = await verifyCollection(target.name, deps, {
    signal: options.signal,
    onProgress: (days, total) => options.onProgress?.({ step: 'verify', collection: target.name, days, total }),
  });
  await markVerified(db, target.name);
  await serveCollection(target.name, deps);
  return { outcome: 'swapped', serving: target.name, former: served.name, filled, verified };
}

/** The collection to fill and swap in: one that is under way, a former one of today's schema, or a new one. */
async function findTarget(
  served: ServedCollection,
  isForced: boolean,
  deps: BesideDeps,
): Promise<SearchCollection | undefined> {
  const { collections } = deps.typesense;
  const known = await listSearchCollections(deps.db);
  const unfinished = known.find(({ state }) => ['creating', 'building', 'verified'].includes(state));
  if (unfinished) {
    const standing = await collections.find(unfinished.name);
    const isSame = unfinished.createdAt === null || unfinished.createdAt === standing?.createdAt;
    if (isSame && collections.isCurrent(unfinished.name)) return await begin(unfinished.name, deps);
    // Of a release before this one, or dropped by hand.
    await forgetCollections(deps.db, [unfinished.name]);
    await collections.drop(unfinished.name);
  }
  if (served.isCurrent && !isForced) return undefined;
  const former = known.find(({ name, state }) => state === 'former' && collections.isCurrent(name));
  if (former && !isForced && (await collections.find(former.name))?.createdAt === former.createdAt) return former;
  const taken = new Set([...(await collections.list()), ...known].map(({ name }) => name));
  taken.delete(unfinished?.name ?? '');
  const numbers = [undefined, ...Array.from({ length: taken.size }, (_, position) => position + 2)];
  const name = numbers.map((number) => collections.nameOf(number)).find((candidate) => !taken.has(candidate))!;
  await announceCollection(deps.db, name, served.id);
  return await begin(name, deps);
}

/** Makes an announced collection where that has not been done yet, and lets `sync` write to it. */
async function begin(name: string, { db, typesense }: BesideDeps): Promise<SearchCollection> {
  const find = async () => (await listSearchCollections(db)).find((collection) => collection.name === name);
  if ((await find())?.state === 'creating') {
    const { createdAt } = await typesense.collections.create(name);
    await startBuilding(db, name, createdAt, await countStanding(db));
  }
  const target = await find();
  // Another rebuild announced another name, or this one was given up.
  if (!target) throw new RetryableError(`${name} is no longer being built: another rebuild or a prune came in between`);
  return target;
}

/** Returns how many documents were written. */
async function fill(
  { name, filledUntil, filledCount, totalCount }: SearchCollection,
  { rate, batchSize, signal, onProgress, pausesMs = usualPausesMs }: RebuildOptions,
  deps: BesideDeps,
): Promise<number> {
  const pace = createPace(rate, undefined, batchSize);
  let after = filledUntil;
  let written = 0;
  while (true) {
    signal?.throwIfAborted();
    const uniqueIds = await listStanding(deps.db, after, pace.portion);
    if (uniqueIds.length === 0) return written;
    await patiently(() => writeBeside(uniqueIds, name, deps), pausesMs, signal);
    after = uniqueIds.at(-1)!;
    written += uniqueIds.length;
    await saveFilled(deps.db, name, after, uniqueIds.length);
    const filled = filledCount + written;
    const secondsLeft = Math.max(0, totalCount - filled) / rate;
    onProgress?.({ step: 'fill', collection: name, filled, total: totalCount, secondsLeft });
    await pace.spend(uniqueIds.length, signal);
  }
}

/** A server that is busy, as one that is being filled is at times, may take it a little later. */
async function patiently(work: () => Promise<unknown>, pausesMs: readonly number[], signal?: AbortSignal) {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
    }
    await sleep(pauseMs, undefined, signal ? { signal } : {});
  }
  return await work();
}
