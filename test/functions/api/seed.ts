import type { Queryable } from '../../../shared/database.ts';
import { encoder } from './api-server.ts';

/** An article to search for; what is left out is of no matter. */
export interface SeedArticle {
  id: string;
  title: string;
  content?: string;
  summary?: string;
  agency?: 'mec' | 'saude' | 'ibge';
  /** Codes of its themes, one a level. */
  themes?: string[];
  tags?: string[];
  publishedAt?: string;
  isRemoved?: boolean;
  contentHash?: string;
  legacyId?: string;
  /** Model named on the row; null leaves the article without a vector. */
  model?: string | null;
}

export async function seedCatalogue(db: Queryable): Promise<void> {
  await db.query(`insert into agencies (key, name) values
    ('mec', 'Ministério da Educação'), ('saude', 'Ministério da Saúde'), ('ibge', 'IBGE')`);
  await db.query(`insert into themes (code, label, full_name, level, parent_code) values
    ('02', 'Educação', '02 - Educação', 1, null),
    ('02.01', 'Educação Básica', '02.01 - Educação Básica', 2, '02'),
    ('02.01.01', 'Ensino Médio', '02.01.01 - Ensino Médio', 3, '02.01'),
    ('02.02', 'Ensino Superior', '02.02 - Ensino Superior', 2, '02'),
    ('03', 'Saúde', '03 - Saúde', 1, null)`);
}

export async function seedArticles(db: Queryable, articles: readonly SeedArticle[]): Promise<void> {
  const vectors = await encoder.encode(articles.map(({ title, summary, content }) => `${title} ${summary ?? content}`));
  const rows = articles.map((article, index) => ({
    agency: 'mec',
    publishedAt: '2026-01-10T12:00:00-03:00',
    model: encoder.model,
    tags: [],
    ...article,
    level1: article.themes?.[0],
    level2: article.themes?.[1],
    level3: article.themes?.[2],
    vector: article.model === null ? null : `[${vectors[index]!.join(',')}]`,
  }));
  await db.query(
    `insert into news (unique_id, legacy_unique_id, agency_id, agency_key, agency_name, published_at,
       published_at_source, extracted_at, title, url, content, summary, content_hash, tags, theme_l1_id, theme_l2_id,
       theme_l3_id, content_embedding, embedding_model, last_seen_at, removed_at)
     select seed.id, seed."legacyId", agencies.id, agencies.key, agencies.name, seed."publishedAt", 'page', now(),
       seed.title, 'https://www.gov.br/' || seed.id, seed.content, seed.summary, seed."contentHash", seed.tags,
       (select id from themes where code = level1), (select id from themes where code = level2),
       (select id from themes where code = level3), seed.vector::vector, seed.model, now(),
       case when seed."isRemoved" then timestamptz '2026-02-01T00:00:00Z' end
     from jsonb_to_recordset($1::jsonb) as seed (id text, "legacyId" text, agency text, "publishedAt" timestamptz,
       title text, content text, summary text, "contentHash" text, tags text[], level1 text, level2 text, level3 text, vector text,
       model text, "isRemoved" boolean)
     join agencies on agencies.key = seed.agency`,
    [JSON.stringify(rows)],
  );
}
