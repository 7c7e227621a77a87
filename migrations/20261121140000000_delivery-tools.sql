-- Up Migration

alter table outbox
  -- until then a relay publishes it, or leaves it after a refusal
  add column claimed_until timestamptz,
  add column refusals smallint not null default 0;

alter table quarantine
  -- when its message was last sent again; null again when that failed too
  add column redriven_at timestamptz,
  -- an operator's, who closed it without success
  add column closed_reason text;
create index quarantine_closed_idx on quarantine (closed_at) where closed_at is not null;
create index quarantine_opened_idx on quarantine (first_failed_at);

-- What was announced for repair or replay and has yet to be done: one row per stage and article.
create table requeues (
  stage text not null,
  unique_id varchar(120) collate "C" not null references news (unique_id) on update cascade on delete cascade,
  -- of the article then: a later one starts anew
  announced_version bigint not null,
  -- by reconcile; 0 for a replay's
  attempts smallint not null,
  -- infinity: given up, and in quarantine
  next_at timestamptz not null,
  primary key (stage, unique_id)
);
create index requeues_unique_id_idx on requeues (unique_id);

-- Work that operators ask for again: which, how fast, and how far it is.
create table replays (
  id bigint generated always as identity primary key,
  stage text not null check (stage in ('enrich', 'embed', 'sync')),
  start_date date not null,
  end_date date not null,
  agencies text[],
  -- articles a second
  rate double precision not null check (rate > 0),
  status text not null default 'open' check (status in ('open', 'done', 'cancelled')),
  total_count integer not null,
  -- of those that were looked at so far
  seen_count integer not null default 0,
  marked_count integer not null default 0,
  -- the last article that was looked at
  cursor_published_at timestamptz not null default '-infinity',
  cursor_unique_id varchar(120) collate "C" not null default '',
  -- one runner at a time
  lease_token uuid,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index replays_open_idx on replays (id) where status = 'open';

-- How far the comparison of Postgres with a search index is.
create table comparisons (
  search_index text primary key,
  -- the next day (UTC) to compare
  next_day date not null,
  -- how often it came to the end
  round integer not null default 0,
  updated_at timestamptz not null default now()
);

-- What each stage handled lately: tiny, and nearly free to keep.
create index news_enriched_at_idx on news using brin (enriched_at) with (pages_per_range = 16, autosummarize = on);
create index news_embedding_generated_at_idx on news
  using brin (embedding_generated_at) with (pages_per_range = 16, autosummarize = on);
create index news_synced_at_idx on news using brin (synced_at) with (pages_per_range = 16, autosummarize = on);

-- Down Migration
drop index news_synced_at_idx;
drop index news_embedding_generated_at_idx;
drop index news_enriched_at_idx;
drop table comparisons;
drop table replays;
drop table requeues;
drop index quarantine_opened_idx;
drop index quarantine_closed_idx;
alter table quarantine drop column redriven_at, drop column closed_reason;
alter table outbox drop column claimed_until, drop column refusals;
