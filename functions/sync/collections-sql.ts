import type { Queryable } from '../../shared/database.ts';

/** Announces a collection before it is made, so that nobody takes it for an orphan. */
export async function announceCollection(db: Queryable, name: string, searchIndex: string): Promise<void> {
  await db.query(
    `insert into search_collections (name, search_index, state) values ($1, $2, 'creating') on conflict do nothing`,
    [name, searchIndex],
  );
}

/** From now on every write goes to it too, and it can be filled. */
export async function startBuilding(db: Queryable, name: string, createdAt: number, totalCount: number): Promise<void> {
  await db.query(
    `update search_collections set state = 'building', created_at = $2, total_count = $3, updated_at = now()
     where name = $1 and state = 'creating'`,
    [name, createdAt, totalCount],
  );
}

/** Notes how far the build is; two that fill at the same time advance the same mark. */
export async function saveFilled(db: Queryable, name: string, until: string, count: number): Promise<void> {
  await db.query(
    `update search_collections set filled_until = $2, filled_count = filled_count + $3, updated_at = now()
     where name = $1 and filled_until < $2`,
    [name, until, count],
  );
}

export async function markVerified(db: Queryable, name: string): Promise<void> {
  await db.query(
    `update search_collections set state = 'verified', updated_at = now() where name = $1 and state = 'building'`,
    [name],
  );
}

/** From now on nothing is written to them; a collection that is served stays. */
export async function forgetCollections(db: Queryable, names: readonly string[]): Promise<void> {
  await db.query(`delete from search_collections where name = any($1::text[]) and state <> 'serving'`, [names]);
}
