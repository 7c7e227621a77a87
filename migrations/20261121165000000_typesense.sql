-- Up Migration

-- Collections of Typesense that show one index. `sync` writes to all of them but those that are being created: the one
-- behind the alias, one that is built beside it, and former ones until they are pruned. Here and not in an instance's
-- memory, because every instance reads it after the row and before the write: see functions/sync/rebuild.ts.
create table search_collections (
  name text primary key,
  -- as Typesense says it, in epoch seconds: a collection made anew under the same name is another one
  created_at bigint,
  -- what stands as synced_index on rows: the id of the collection that the index began with, kept by those that took over
  search_index text not null,
  state text not null check (state in ('creating', 'building', 'verified', 'serving', 'former')),
  -- how far the build is: all articles up to this id are in, of about so many
  filled_until text collate "C" not null default '',
  filled_count bigint not null default 0,
  total_count bigint not null default 0,
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (state = 'creating' or created_at is not null)
);
create unique index search_collections_serving_key on search_collections (state) where state = 'serving';
-- one build at a time
create unique index search_collections_unfinished_key on search_collections ((true))
  where state in ('creating', 'building', 'verified');

-- Down Migration
drop table search_collections;
