-- Up Migration

-- When a row came, whatever dates its article has: a search shows all its pages as of the first one. Rows that are here
-- already came before anybody asked. The time of the insert, not that of its transaction: it is told sooner than it is
-- seen only while the transaction lasts.
alter table news add column created_at timestamptz not null default now();
alter table news alter column created_at set default clock_timestamp();

-- Readers narrow by tag, and to articles with or without a summary: either may be rare, and is then not looked for row
-- by row.
create index news_tags_idx on news using gin (tags);
create index news_has_summary_published_at_idx on news ((coalesce(summary, '') <> ''), published_at desc);

-- Down Migration
drop index news_has_summary_published_at_idx;
drop index news_tags_idx;
alter table news drop column created_at;
