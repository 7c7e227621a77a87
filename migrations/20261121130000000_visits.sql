-- Up Migration

alter table pages
  -- when a visit last found it gone, unreadable or halved, unless an operator let that through
  add column odd_at timestamptz,
  -- category of why the last visit gave no article; null when it did
  add column failure text,
  -- the article (unique_id) that has the same title, instant and text at another address, and was there first
  add column twin_of text;
-- all pages of a source, and those visited lately
create index pages_source_idx on pages (source_url, visited_at);
create index pages_twin_idx on pages (twin_of) where twin_of is not null;

create index scrape_runs_running_idx on scrape_runs (source_url) where status = 'running';
create index scrape_runs_succeeded_idx on scrape_runs (source_url, started_at desc) where status = 'succeeded';
create index scrape_runs_started_idx on scrape_runs (started_at);

-- Failed runs stand under their source and their days now, so that a run over other days does not close them.
update quarantine set subject = subject || ' ' || (data->>'start_date') || '/' || (data->>'end_date')
  where stage = 'scrape' and subject = data->>'source_url' and data ? 'start_date' and data ? 'end_date';

-- Down Migration
drop index scrape_runs_started_idx;
drop index scrape_runs_succeeded_idx;
drop index scrape_runs_running_idx;
drop index pages_twin_idx;
drop index pages_source_idx;
alter table pages drop column twin_of, drop column failure, drop column odd_at;
