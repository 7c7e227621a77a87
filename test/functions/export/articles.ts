import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../../shared/database.ts';
import { readParquet } from '../../support/parquet.ts';

/** What an export test says about an article; the rest is made up. */
export interface Article {
  id: string;
  publishedAt: string;
  title?: string;
  content?: string;
}

export async function insertCatalogue(db: Database): Promise<void> {
  await db.query(`insert into agencies (key, name) values ('mec', 'Ministério da Educação')`);
  await db.query(
    `insert into themes (code, label, full_name, level, parent_code) values
       ('02', 'Educação', '02 - Educação', 1, null),
       ('02.01', 'Ensino Básico', '02.01 - Ensino Básico', 2, '02'),
       ('02.01.03', 'Alfabetização', '02.01.03 - Alfabetização', 3, '02.01')`,
  );
}

export async function insertArticles(db: Database, articles: readonly Article[]): Promise<void> {
  await db.query(
    `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
       title, url, content, last_seen_at, search)
     select article.id, agencies.id, agencies.key, agencies.name, article."publishedAt", 'page',
       timestamptz '2026-01-01T00:00:00Z', coalesce(article.title, 'Título de ' || article.id),
       'https://www.gov.br/mec/' || article.id, coalesce(article.content, 'Texto.'), timestamptz '2026-01-01T00:00:00Z',
       ''
     from jsonb_to_recordset($1::jsonb) as article (id text, "publishedAt" timestamptz, title text, content text)
     join agencies on agencies.key = 'mec'`,
    [JSON.stringify(articles)],
  );
}

/** The rows of all shards in a folder, by path. */
export async function readDataset(folder: string): Promise<Record<string, Record<string, unknown>[]>> {
  const names = (await readdir(join(folder, 'data'))).sort();
  const entries = names.map(async (name) => [name, await readParquet(await readFile(join(folder, 'data', name)))]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Ids by shard: enough to see what lies where. */
export async function readIds(folder: string): Promise<Record<string, unknown[]>> {
  const dataset = await readDataset(folder);
  return Object.fromEntries(
    Object.entries(dataset).map(([name, rows]) => [name, rows.map(({ unique_id }) => unique_id)]),
  );
}
