-- Up Migration

-- Readers type "educacao" and "inscrições" and mean "educação" and "inscrição": accents fold before stemming, and the
-- plural -ões, which the Portuguese stemmer keeps apart from -ão, folds with them (in search_words below).
create text search configuration portuguese_unaccent (copy = portuguese);
alter text search configuration portuguese_unaccent
  alter mapping for hword, hword_part, word with unaccent, portuguese_stem;

create function search_words(words text) returns text
  language sql immutable parallel safe
  return replace(lower(coalesce(words, '')), 'ões', 'ão');

-- Covers the first 1,000 characters of the body. Parsing costs about 0.12 ms for each 1,000 characters; so bounded, the
-- vector of an article and its index entries cost 0.2 ms, as much as the rest of an insert in batches of 100, and a
-- fifteenth of the transaction in which the scraper stores one article. A tsvector of more than 1 MB is an error. News
-- says who, what and where first, and the embedding of title and summary finds what stands further down.
create function search_vector(title text, subtitle text, editorial_lead text, summary text, tags text[], content text)
  returns tsvector
  language sql stable parallel safe
  return
    setweight(to_tsvector('portuguese_unaccent', search_words(left(title, 1000))), 'A')
    || setweight(to_tsvector('portuguese_unaccent', search_words(
      concat_ws(' ', left(subtitle, 1000), left(editorial_lead, 200), left(array_to_string(tags, ' '), 1000)))), 'B')
    || setweight(to_tsvector('portuguese_unaccent', search_words(left(summary, 1000))), 'C')
    || setweight(to_tsvector('portuguese_unaccent', search_words(left(content, 1000))), 'D');

-- The text that is encoded: the one definition of it. Characters are code points, as in the recipe.
create function embedding_text(title text, summary text, content text) returns text
  language sql immutable parallel safe
  return left(title || ' ' || coalesce(nullif(summary, ''), left(content, 500), ''), 2048);

-- Ids are ASCII, and collate "C" orders them alike in every database: shards are written in their order.
create table news (
  unique_id varchar(120) collate "C" primary key,
  legacy_unique_id varchar(32),
  agency_id integer not null references agencies (id),
  agency_key text not null,
  agency_name text not null,
  published_at timestamptz not null,
  published_at_source text not null,
  updated_datetime timestamptz,
  extracted_at timestamptz not null,
  title text not null,
  subtitle text,
  editorial_lead text,
  url text not null,
  canonical_url text,
  content text,
  image_url text,
  video_url text,
  category varchar(500),
  tags text[] not null default '{}',
  theme_l1_id integer references themes (id),
  theme_l2_id integer references themes (id),
  theme_l3_id integer references themes (id),
  most_specific_theme_id integer references themes (id)
    generated always as (coalesce(theme_l3_id, theme_l2_id, theme_l1_id)) stored,
  summary text,
  content_hash varchar(16),
  content_embedding vector(768),
  embedding_generated_at timestamptz,

  -- what the views are compared by: version grows with anything shown, revision with the text
  version bigint not null default 1,
  revision bigint not null default 1,
  -- how far each stage is; a stage's predicate over these columns is what is pending
  enriched_revision bigint not null default 0,
  enriched_by text,
  enriched_rank smallint not null default 0,
  enriched_at timestamptz,
  embedding_text_hash text not null generated always as (md5(embedding_text(title, summary, content))) stored,
  embedded_text_hash text,
  embedding_model text,
  synced_version bigint not null default 0,
  synced_at timestamptz,
  sync_lease_token uuid,
  sync_lease_until timestamptz,

  last_seen_at timestamptz not null,
  removed_at timestamptz,
  search tsvector not null
);

create function news_before_write() returns trigger language plpgsql as $$
declare
  text_changed boolean;
begin
  if tg_op = 'UPDATE' then
    text_changed := (new.title, new.subtitle, new.editorial_lead, new.content)
      is distinct from (old.title, old.subtitle, old.editorial_lead, old.content);
    if text_changed then
      new.revision := old.revision + 1;
    end if;
    if text_changed or (new.agency_id, new.agency_key, new.agency_name, new.published_at, new.updated_datetime,
        new.url, new.image_url, new.video_url, new.category, new.tags, new.theme_l1_id, new.theme_l2_id,
        new.theme_l3_id, new.summary, new.content_hash, new.content_embedding, new.removed_at)
      is distinct from (old.agency_id, old.agency_key, old.agency_name, old.published_at, old.updated_datetime,
        old.url, old.image_url, old.video_url, old.category, old.tags, old.theme_l1_id, old.theme_l2_id,
        old.theme_l3_id, old.summary, old.content_hash, old.content_embedding, old.removed_at) then
      new.version := old.version + 1;
    end if;
    if not text_changed and (new.summary, new.tags) is not distinct from (old.summary, old.tags) then
      return new;
    end if;
  end if;
  new.search := search_vector(new.title, new.subtitle, new.editorial_lead, new.summary, new.tags, new.content);
  return new;
end $$;

create trigger news_before_insert before insert on news
  for each row execute function news_before_write();
-- A column list, so that marking a stage done compares no texts.
create trigger news_before_update before update of
  agency_id, agency_key, agency_name, published_at, updated_datetime, title, subtitle, editorial_lead, url, content,
  image_url, video_url, category, tags, theme_l1_id, theme_l2_id, theme_l3_id, summary, content_hash,
  content_embedding, removed_at on news
  for each row execute function news_before_write();

-- Views show the labels of agency and themes, so a new label is a new version of every article that shows it.
create function agencies_after_update() returns trigger language plpgsql as $$
begin
  update news set agency_key = new.key, agency_name = new.name where agency_id = new.id;
  return null;
end $$;
create trigger agencies_after_update after update of key, name on agencies
  for each row when ((old.key, old.name) is distinct from (new.key, new.name))
  execute function agencies_after_update();

create function themes_after_update() returns trigger language plpgsql as $$
begin
  update news set version = version + 1
  where theme_l1_id = new.id or theme_l2_id = new.id or theme_l3_id = new.id;
  return null;
end $$;
create trigger themes_after_update after update of code, label on themes
  for each row when ((old.code, old.label) is distinct from (new.code, new.label))
  execute function themes_after_update();

create table news_features (
  unique_id varchar(120) collate "C" primary key references news (unique_id) on update cascade on delete cascade,
  features jsonb not null
);

create function news_features_after_write() returns trigger language plpgsql as $$
begin
  update news set version = version + 1 where unique_id = coalesce(new.unique_id, old.unique_id);
  return null;
end $$;
create trigger news_features_after_write after insert or delete on news_features
  for each row execute function news_features_after_write();
create trigger news_features_after_update after update on news_features
  for each row when (old.features is distinct from new.features)
  execute function news_features_after_write();

-- identity
create unique index news_agency_canonical_url_key on news (agency_key, canonical_url);
create index news_legacy_unique_id_idx on news (legacy_unique_id);
-- what is pending, stage by stage: empty when nothing is
create index news_enrich_pending_idx on news (unique_id) where enriched_revision < revision;
create index news_enriched_rank_idx on news (enriched_rank);
create index news_embed_pending_idx on news (unique_id) where embedded_text_hash is distinct from embedding_text_hash;
create index news_embedding_model_idx on news (embedding_model);
create index news_sync_pending_idx on news (unique_id) where synced_version < version;
-- readers: newest first, by agency, by theme; the copies of one text; the words; the meaning
create index news_published_at_idx on news (published_at desc, unique_id);
create index news_agency_published_at_idx on news (agency_key, published_at desc);
create index news_theme_l1_published_at_idx on news (theme_l1_id, published_at desc);
create index news_content_hash_idx on news (content_hash);
create index news_search_idx on news using gin (search);
create index news_content_embedding_idx on news using hnsw (content_embedding vector_cosine_ops);
-- the digest of a period of the dataset is read from here alone
create index news_export_idx on news (published_at, unique_id) include (version) where removed_at is null;

-- Down Migration
drop table news_features;
drop function news_features_after_write;
drop trigger agencies_after_update on agencies;
drop trigger themes_after_update on themes;
drop table news;
drop function agencies_after_update;
drop function themes_after_update;
drop function news_before_write;
drop function search_vector;
drop function embedding_text;
drop function search_words;
drop text search configuration portuguese_unaccent;
