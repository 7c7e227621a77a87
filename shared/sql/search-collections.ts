import type { Database, Queryable } from '../database.ts';

/**
 * `creating`: announced, perhaps not made yet, and not written to. `building`: written to, and being filled.
 * `verified`: shows what Postgres holds, about to be served. `serving`: behind the alias. `former`: kept up to date.
 */
export type CollectionState = 'creating' | 'building' | 'verified' | 'serving' | 'former';

/** A collection of Typesense that shows the index. */
export interface SearchCollection {
  name: string;
  /** Epoch seconds, as Typesense says; null while it is being created. */
  createdAt: number | null;
  /** Id of the index, as it stands on rows. */
  searchIndex: string;
  state: CollectionState;
  /** All articles up to this id are in. */
  filledUntil: string;
  filledCount: number;
  totalCount: number;
}

const columns = `name, created_at as "createdAt", search_index as "searchIndex", state, filled_until as "filledUntil",
  filled_count as "filledCount", total_count as "totalCount"`;

/** All of them: the one that is served, then the one that was touched last. */
export async function listSearchCollections(db: Queryable): Promise<SearchCollection[]> {
  const { rows } = await db.query<SearchCollection>(
    `select ${columns} from search_collections order by state <> 'serving', updated_at desc, name`,
  );
  return rows;
}

/** Those that every write goes to. */
export async function listWrittenCollections(db: Queryable): Promise<SearchCollection[]> {
  const { rows } = await db.query<SearchCollection>(
    `select ${columns} from search_collections where state <> 'creating' order by name`,
  );
  return rows;
}

/** The collection that was served last, as far as Postgres knows. */
export async function findServingCollection(db: Queryable): Promise<SearchCollection | undefined> {
  const { rows } = await db.query<SearchCollection>(
    `select ${columns} from search_collections where state = 'serving'`,
  );
  return rows[0];
}

/**
 * Notes which collection the alias leads to; returns the id of its index. A collection that was verified, or is kept up
 * to date, takes over with the rows that it shows. Any other one is a new index, for which every row is pending: what
 * the former index wrote to is forgotten.
 */
export async function registerServing(
  db: Database,
  { name, createdAt }: { name: string; createdAt: number },
  newIndex: string,
): Promise<string> {
  const isSame = (known: SearchCollection | undefined) => known?.name === name && known.createdAt === createdAt;
  const serving = await findServingCollection(db);
  if (serving && isSame(serving)) return serving.searchIndex;
  return await db.transaction(async (tx) => {
    await tx.query('lock table search_collections in exclusive mode');
    const known = (await listSearchCollections(tx)).find(isSame);
    if (known?.state === 'serving') return known.searchIndex;
    if (known?.state === 'verified' || known?.state === 'former') {
      await tx.query(`update search_collections set state = 'former', updated_at = now() where state = 'serving'`);
      await tx.query(`update search_collections set state = 'serving', updated_at = now() where name = $1`, [name]);
      return known.searchIndex;
    }
    await tx.query('delete from search_collections');
    await tx.query(
      `insert into search_collections (name, created_at, search_index, state) values ($1, $2, $3, 'serving')`,
      [name, createdAt, newIndex],
    );
    return newIndex;
  });
}
