-- Up Migration

alter table sources
  -- some sites reject agents they do not know
  add column user_agent text,
  -- one run of a source at a time, whoever was asked for it
  add column lease_token uuid,
  add column lease_until timestamptz,
  -- a run whose re-visits looked like a changed layout holds the source until an operator releases it
  add column held_at timestamptz,
  add column held_reason text,
  -- the next run is let through; cleared by it
  add column released_at timestamptz;

alter table news
  -- who took it out: an operator's removal stands when the page is seen again
  add column removed_by text check (removed_by in ('site', 'operator'));

alter table scrape_runs
  add column revisited_count integer,
  add column removed_count integer,
  -- where a run stopped for the next message to go on; null when it came to its end
  add column continued_at jsonb;

-- One row per page of an article that was ever asked for: what the next visit needs, and what `reextract` reads.
create table pages (
  agency_key text not null,
  canonical_url text not null,
  source_url text not null,
  -- the address as the listing has it
  url text not null,
  platform text not null,
  -- what only the listing said: {date, category, tags}
  listed jsonb not null default '{}',
  etag text,
  last_modified text,
  -- of the body as it came; names the raw page
  body_sha256 text,
  -- in the raw store; null when none is kept
  raw_path text,
  -- of the extractor that read it last; null when it could not be read
  extractor_version integer,
  -- as its page says; null when it could not be read
  published_at timestamptz,
  visited_at timestamptz not null,
  -- null: not visited again unless a listing brings it
  next_visit_at timestamptz,
  -- visits in a row that found nothing (404)
  missing_visits smallint not null default 0
);
-- By hash: a hostile address may be longer than an index takes.
create unique index pages_key on pages (agency_key, md5(canonical_url));
create index pages_due_idx on pages (source_url, next_visit_at) where next_visit_at is not null;

-- What may be asked of a host, over all instances together: when the next request may start, and who is asking.
create table hosts (
  host text primary key,
  next_start_at timestamptz not null default now()
);
create table host_slots (
  host text not null,
  slot smallint not null,
  lease_token uuid,
  lease_until timestamptz not null default '-infinity',
  primary key (host, slot)
);

-- Down Migration
drop table host_slots;
drop table hosts;
drop table pages;
alter table scrape_runs drop column revisited_count, drop column removed_count, drop column continued_at;
alter table news drop column removed_by;
alter table sources drop column user_agent, drop column lease_token, drop column lease_until, drop column held_at,
  drop column held_reason, drop column released_at;
