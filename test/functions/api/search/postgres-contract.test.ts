import { createPostgresIndex } from '../../../../functions/api/search/postgres.ts';
import type { Queryable } from '../../../../shared/database.ts';
import { createTestDatabase, withoutPostgres } from '../../../support/database.ts';
import { seedCatalogue } from '../seed.ts';
import { describeSearchIndex } from './contract.ts';
import { type ContractArticle, contractModel, embed } from './contract-articles.ts';

describeSearchIndex('Postgres', withoutPostgres, async () => {
  const { db, drop } = await createTestDatabase();
  await seedCatalogue(db);
  return {
    index: createPostgresIndex(db, { statementTimeoutMs: 5000 }),
    insert: (articles) => insertArticles(db, articles),
    close: drop,
  };
});

async function insertArticles(db: Queryable, articles: readonly ContractArticle[]): Promise<void> {
  const rows = articles.map(async (article) => {
    const { title, content = '', themes = [], model = contractModel } = article;
    const vector = model === null ? null : `[${(await embed(`${title} ${content}`)).join(',')}]`;
    const [l1, l2, l3] = themes;
    return { agency: 'mec', tags: [], ...article, model, vector, l1, l2, l3 };
  });
  await db.query(
    `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
       title, url, content, summary, content_hash, theme_l1_id, theme_l2_id, theme_l3_id, content_embedding,
       embedding_model, embedding_generated_at, last_seen_at, tags)
     select seed.id, agencies.id, agencies.key, agencies.name, seed."publishedAt", 'page', now(),
       seed.title, 'https://www.gov.br/' || seed.id, seed.content, seed.summary, seed."contentHash",
       (select id from themes where code = l1), (select id from themes where code = l2),
       (select id from themes where code = l3), seed.vector::vector, seed.model,
       case when seed.model is not null then now() end, now(), seed.tags
     from jsonb_to_recordset($1::jsonb) as seed (id text, agency text, "publishedAt" timestamptz,
       title text, content text, summary text, "contentHash" text, l1 text, l2 text, l3 text,
       vector text, model text, tags text[])
     join agencies on agencies.key = seed.agency`,
    [JSON.stringify(await Promise.all(rows))],
  );
}
