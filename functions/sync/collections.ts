import { PermanentError } from '../../shared/errors.ts';
import { openServedCollection } from '../../shared/served-collection.ts';
import { type CollectionState, listSearchCollections } from '../../shared/sql/search-collections.ts';
import { forgetCollections } from './collections-sql.ts';
import { serveCollection } from './serve-collection.ts';
import { countStanding } from './sql.ts';
import { type Verification, type VerifyOptions, verifyCollection } from './verify-collection.ts';
import type { BesideDeps } from './write-beside.ts';

/** A collection, as Postgres and Typesense know it. */
export interface CollectionStatus {
  name: string;
  /** `orphan`: of nobody, though named as ours. */
  state: CollectionState | 'orphan';
  /** Null when the server has no such collection. */
  documents: number | null;
  is_current: boolean;
  /** Of a build that is under way: articles that are in, of about so many. */
  filled: [number, number] | null;
}

export interface IndexStatus {
  alias: string;
  /** The collection that the alias leads to; null when it leads nowhere. */
  serving: string | null;
  /** Articles that stand in Postgres. */
  articles: number;
  collections: CollectionStatus[];
  /** What needs a person, as sentences; empty when all is well. */
  problems: string[];
}

/** How the index stands; changes nothing. */
export async function readIndexStatus({ db, typesense }: BesideDeps): Promise<IndexStatus> {
  const { collections: server } = typesense;
  const serving = await server.find(server.alias);
  const standing = new Map((await server.list()).map((collection) => [collection.name, collection]));
  const known = await listSearchCollections(db);
  const orphans = await listOrphans({ db, typesense });
  const collections = [
    ...known.map(
      ({ name, state, filledCount, totalCount }): CollectionStatus => ({
        name,
        state,
        documents: standing.get(name)?.documentCount ?? null,
        is_current: server.isCurrent(name),
        filled: state === 'building' ? [filledCount, totalCount] : null,
      }),
    ),
    ...orphans.map(
      (name): CollectionStatus => ({
        name,
        state: 'orphan',
        documents: standing.get(name)?.documentCount ?? null,
        is_current: server.isCurrent(name),
        filled: null,
      }),
    ),
  ];
  const problems: string[] = [];
  const registered = known.find(({ state }) => state === 'serving');
  if (!serving)
    problems.push(`the alias "${server.alias}" leads nowhere: the next start of sync, or rebuild, mends it`);
  else if (serving.name === server.alias) {
    problems.push(`a collection is named "${server.alias}", which hides the alias: rename or drop it`);
  } else if (registered?.name !== serving.name) {
    problems.push(
      `the alias leads to ${serving.name}, Postgres says ${registered?.name ?? 'nothing'}: rebuild finishes the swap`,
    );
  } else if (!server.isCurrent(serving.name)) {
    problems.push(`${serving.name} has another schema than this release: a rebuild is due`);
  }
  for (const { name, state, documents } of collections) {
    if (documents === null && state !== 'creating') problems.push(`${name} (${state}) is not on the server`);
  }
  if (known.some(({ state }) => ['creating', 'building', 'verified'].includes(state))) {
    problems.push('a rebuild is unfinished: rebuild goes on with it, prune --unfinished gives it up');
  }
  if (orphans.length > 0) problems.push(`${orphans.length} collections belong to nothing: prune drops them`);
  return {
    alias: server.alias,
    serving: serving?.name ?? null,
    articles: await countStanding(db),
    collections,
    problems,
  };
}

/**
 * Lets the alias lead to the collection that was served before. That one was written to all the time; it is verified
 * all the same, and put right where it had refused something. The one that was served is kept: a second rollback, or a
 * rebuild, goes forward again.
 *
 * @throws {PermanentError} when there is none, or it refuses documents: nothing is swapped.
 */
export async function rollBackCollection(
  deps: BesideDeps,
  options: VerifyOptions = {},
): Promise<{ serving: string; former: string; verified: Verification }> {
  const { db, typesense } = deps;
  const served = await openServedCollection(typesense, db);
  const former = (await listSearchCollections(db)).find(({ state }) => state === 'former');
  if (!former)
    throw new PermanentError('There is no former collection to go back to: none was replaced, or it was pruned');
  const verified = await verifyCollection(former.name, deps, options);
  await serveCollection(former.name, deps);
  return { serving: former.name, former: served.name, verified };
}

/** Drops former collections, orphans, and with `isUnfinishedToo` a rebuild that is under way; returns their names. */
export async function pruneCollections(
  { db, typesense }: BesideDeps,
  { isUnfinishedToo = false }: { isUnfinishedToo?: boolean } = {},
): Promise<string[]> {
  // First, so that the roles are those of the alias.
  await openServedCollection(typesense, db);
  const given = (await listSearchCollections(db)).flatMap(({ name, state }) =>
    state === 'former' || (isUnfinishedToo && state !== 'serving') ? [name] : [],
  );
  // Forgotten first: what is dropped must not be written to. A kill in between leaves an orphan.
  await forgetCollections(db, given);
  const dropped = [...new Set([...given, ...(await listOrphans({ db, typesense }))])];
  for (const name of dropped) await typesense.collections.drop(name);
  return dropped.sort();
}

/** Collections named as ours that neither Postgres nor an alias knows. */
async function listOrphans({ db, typesense }: BesideDeps): Promise<string[]> {
  const { collections } = typesense;
  const standing = await collections.list();
  const known = new Set((await listSearchCollections(db)).map(({ name }) => name));
  const aliased = new Set((await collections.aliases()).values());
  return standing.map(({ name }) => name).filter((name) => !known.has(name) && !aliased.has(name));
}
