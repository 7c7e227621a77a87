-- Up Migration

-- What the dataset cannot hold would keep every export from its end: years of four digits, a time of extraction in the
-- range of nanoseconds since 1970, flat tags.
alter table news
  add constraint news_published_at_check check (published_at >= '0001-01-01T03:00Z' and published_at < '10000-01-01Z'),
  add constraint news_updated_datetime_check check (updated_datetime >= '0001-01-01T03:00Z' and updated_datetime < '10000-01-01Z'),
  add constraint news_extracted_at_check check (extracted_at >= '1678-01-01Z' and extracted_at < '2262-01-01Z'),
  add constraint news_tags_check check (coalesce(array_ndims(tags), 1) = 1);

-- Readers of the dataset see when an article was extracted, so another time is another version.
create or replace function news_before_write() returns trigger language plpgsql as $$
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
        new.extracted_at, new.url, new.image_url, new.video_url, new.category, new.tags, new.theme_l1_id,
        new.theme_l2_id, new.theme_l3_id, new.summary, new.content_hash, new.content_embedding, new.removed_at)
      is distinct from (old.agency_id, old.agency_key, old.agency_name, old.published_at, old.updated_datetime,
        old.extracted_at, old.url, old.image_url, old.video_url, old.category, old.tags, old.theme_l1_id,
        old.theme_l2_id, old.theme_l3_id, old.summary, old.content_hash, old.content_embedding, old.removed_at) then
      new.version := old.version + 1;
    end if;
    if not text_changed and (new.summary, new.tags) is not distinct from (old.summary, old.tags) then
      return new;
    end if;
  end if;
  new.search := search_vector(new.title, new.subtitle, new.editorial_lead, new.summary, new.tags, new.content);
  return new;
end $$;
drop trigger news_before_update on news;
create trigger news_before_update before update of
  agency_id, agency_key, agency_name, published_at, updated_datetime, extracted_at, title, subtitle, editorial_lead, url,
  content, image_url, video_url, category, tags, theme_l1_id, theme_l2_id, theme_l3_id, summary, content_hash,
  content_embedding, removed_at on news
  for each row execute function news_before_write();

-- Down Migration
drop trigger news_before_update on news;
create or replace function news_before_write() returns trigger language plpgsql as $$
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
create trigger news_before_update before update of
  agency_id, agency_key, agency_name, published_at, updated_datetime, title, subtitle, editorial_lead, url, content,
  image_url, video_url, category, tags, theme_l1_id, theme_l2_id, theme_l3_id, summary, content_hash,
  content_embedding, removed_at on news
  for each row execute function news_before_write();
alter table news drop constraint news_tags_check, drop constraint news_extracted_at_check,
  drop constraint news_updated_datetime_check, drop constraint news_published_at_check;
