-- Up Migration

-- Messages written in the transaction of the work they announce; deleted once published.
create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  data jsonb not null,
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now()
);

-- One row per stage and article or URL. It closes itself once the stage is reached after all.
create table quarantine (
  id bigint generated always as identity primary key,
  stage text not null,
  subject text not null,
  data jsonb,
  attributes jsonb not null default '{}',
  error text not null,
  attempts integer not null default 1,
  first_failed_at timestamptz not null default now(),
  last_failed_at timestamptz not null default now(),
  closed_at timestamptz
);
-- By hash: a hostile URL may be longer than an index takes, and is a failure to record.
create unique index quarantine_stage_subject_key on quarantine (stage, md5(subject));
create index quarantine_open_idx on quarantine (stage, last_failed_at) where closed_at is null;

create table scrape_runs (
  id bigint generated always as identity primary key,
  agency_key text not null,
  source_url text not null,
  start_date date not null,
  end_date date not null,
  status text not null check (status in ('running', 'succeeded', 'failed')),
  -- why it failed: one of the outcomes that sources can have
  category text,
  error_message text,
  platform text,
  page_count integer,
  item_count integer,
  inserted_count integer,
  updated_count integer,
  unchanged_count integer,
  rejected_count integer,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index scrape_runs_source_idx on scrape_runs (source_url, started_at desc);

create table sync_log (
  id bigint generated always as identity primary key,
  operation text not null,
  status text not null,
  records_processed integer not null default 0,
  records_failed integer not null default 0,
  started_at timestamptz not null default now(),
  completed_at timestamptz,
  error_message text,
  metadata jsonb not null default '{}'
);
create index sync_log_operation_idx on sync_log (operation, started_at desc);

-- What stands in the open dataset: one row per shard.
create table hub_shards (
  repo text not null,
  branch text not null,
  path text not null,
  period text not null,
  row_count integer not null,
  -- over (unique_id, version) of its rows
  digest text not null,
  sha256 text not null,
  size bigint not null,
  commit text not null,
  exported_at timestamptz not null default now(),
  primary key (repo, branch, path)
);

-- Down Migration
drop table hub_shards;
drop table sync_log;
drop table scrape_runs;
drop table quarantine;
drop table outbox;
