-- Up Migration

alter table news
  -- the version in which an imported row waits for an operator's replay: `reconcile` leaves it alone while it has it
  add column parked_version bigint,
  -- a column, so that the planner knows how many are
  add column is_parked boolean not null generated always as (parked_version is not distinct from version) stored;

-- What `reconcile` looks through: pending, and not parked. An archive of parked rows costs it nothing.
create index news_enrich_due_idx on news (unique_id)
  where enriched_revision < revision and not is_parked;
create index news_embed_due_idx on news (unique_id)
  where embedded_text_hash is distinct from embedding_text_hash and not is_parked;
create index news_sync_due_idx on news (unique_id)
  where synced_version < version and not is_parked;
create index news_enriched_rank_due_idx on news (enriched_rank) where not is_parked;
create index news_synced_index_due_idx on news (synced_index) where not is_parked;

-- A new label of an agency or a theme is a new version of what shows it, and no reason to leave the parking place.
create or replace function agencies_after_update() returns trigger language plpgsql as $$
begin
  update news set agency_key = new.key, agency_name = new.name,
    parked_version = case when is_parked then version + 1 end
  where agency_id = new.id;
  return null;
end $$;
create or replace function themes_after_update() returns trigger language plpgsql as $$
begin
  update news set version = version + 1, parked_version = case when is_parked then version + 1 end
  where theme_l1_id = new.id or theme_l2_id = new.id or theme_l3_id = new.id;
  return null;
end $$;

-- Texts of 4 KB are compressed as they are written: lz4 takes a tenth of the time of pglz, where the server has it.
do $$
begin
  alter table news alter column content set compression lz4, alter column summary set compression lz4;
exception when feature_not_supported then null;
end $$;

-- An import of one dataset or folder, and how far it is: committed with the rows that it is about.
create table imports (
  -- `dataset org/name` or `folder /path`
  source text primary key,
  -- commit of a dataset
  revision text,
  status text not null check (status in ('open', 'done')),
  -- what it was asked for: repairs, whether agencies and themes are made
  options jsonb not null,
  -- what it did so far
  report jsonb not null,
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table import_files (
  source text not null references imports (source) on delete cascade,
  path text not null,
  -- of its size and footer: another file under the same path starts anew
  fingerprint text not null,
  -- the first row that is not imported yet
  next_row bigint not null,
  primary key (source, path)
);

-- Records of a dataset that went into an article that was there: ids by which readers may still know it.
create table import_twins (
  dataset_id text primary key,
  unique_id varchar(120) collate "C" not null references news (unique_id) on update cascade on delete cascade
);
create index import_twins_unique_id_idx on import_twins (unique_id);

-- Down Migration
drop table import_twins;
drop table import_files;
drop table imports;
alter table news alter column content set compression default, alter column summary set compression default;
create or replace function themes_after_update() returns trigger language plpgsql as $$
begin
  update news set version = version + 1
  where theme_l1_id = new.id or theme_l2_id = new.id or theme_l3_id = new.id;
  return null;
end $$;
create or replace function agencies_after_update() returns trigger language plpgsql as $$
begin
  update news set agency_key = new.key, agency_name = new.name where agency_id = new.id;
  return null;
end $$;
drop index news_synced_index_due_idx;
drop index news_enriched_rank_due_idx;
drop index news_sync_due_idx;
drop index news_embed_due_idx;
drop index news_enrich_due_idx;
alter table news drop column is_parked, drop column parked_version;
