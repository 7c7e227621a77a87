-- Up Migration

-- The index on vectors holds numbers of 16 bits: half the size, and as good at finding. Where pgvector is older than 0.7
-- it has none, and where many vectors stand, no migration may keep writers waiting for the minutes that an index takes:
-- `destaques vectors status` says that the former one is still there, `destaques vectors rebuild` replaces it.
do $$
begin
  if to_regtype('halfvec') is not null
    and (select count(*) from (select from news where content_embedding is not null limit 5001) as vectors) <= 5000 then
    drop index news_content_embedding_idx;
    create index news_content_embedding_idx on news
      using hnsw ((content_embedding::halfvec(768)) halfvec_cosine_ops) with (ef_construction = 128);
  end if;
end $$;

-- Down Migration
do $$
begin
  if (select pg_get_indexdef('news_content_embedding_idx'::regclass)) like '%halfvec_cosine_ops%' then
    drop index news_content_embedding_idx;
    create index news_content_embedding_idx on news using hnsw (content_embedding vector_cosine_ops);
  end if;
end $$;
