-- Up Migration

-- Documents of the index name the model of their vector, and search compares vectors of one model: another name is another
-- version, though the numbers are the same (a branch that became a commit, say). It runs after news_before_update.
create function news_before_model_change() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;
create trigger news_embedding_model_before_update before update of embedding_model on news
  for each row when (new.embedding_model is distinct from old.embedding_model and new.content_embedding is not null
    and new.version = old.version)
  execute function news_before_model_change();

-- Down Migration
drop trigger news_embedding_model_before_update on news;
drop function news_before_model_change;
