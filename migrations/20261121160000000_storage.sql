-- Up Migration

-- What changed here and is not in the open dataset yet: one row an article, written in the transaction of the change and
-- deleted once an export has it. Sessions write it whose destaques.storage_backend asks for it.
create table hub_journal (
  -- no reference: the row of a deleted article stays until the dataset has lost the article too
  unique_id varchar(120) collate "C" primary key,
  -- of the article; grows with every change while the row stands
  version bigint not null,
  changed_at timestamptz not null default now()
);

create function news_to_hub_journal() returns trigger language plpgsql as $$
begin
  insert into hub_journal as open (unique_id, version)
  values (coalesce(new.unique_id, old.unique_id), coalesce(new.version, old.version + 1))
  -- An article that is deleted and stored anew begins at version 1 again.
  on conflict (unique_id) do update set
    version = greatest(open.version + 1, excluded.version), changed_at = now();
  return null;
end $$;

create trigger news_journal_insert after insert on news for each row
  when (current_setting('destaques.storage_backend', true) in ('dual_write', 'huggingface'))
  execute function news_to_hub_journal();
create trigger news_journal_update after update on news for each row
  when (new.version <> old.version
    and current_setting('destaques.storage_backend', true) in ('dual_write', 'huggingface'))
  execute function news_to_hub_journal();
create trigger news_journal_delete after delete on news for each row
  when (current_setting('destaques.storage_backend', true) in ('dual_write', 'huggingface'))
  execute function news_to_hub_journal();

-- Down Migration
drop trigger news_journal_delete on news;
drop trigger news_journal_update on news;
drop trigger news_journal_insert on news;
drop function news_to_hub_journal;
drop table hub_journal;
