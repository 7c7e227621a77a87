-- Up Migration

-- Which index shows `synced_version`: another one, or the same one made anew, has yet to be filled. Rows of before are
-- written once more, to whichever index is in force.
alter table news add column synced_index text not null default '';
create index news_synced_index_idx on news (synced_index);

-- Down Migration
drop index news_synced_index_idx;
alter table news drop column synced_index;
