import type { Database } from '../../../shared/database.ts';
import { vectorIndexName } from '../../../shared/sql/nearest.ts';
import { clusteredVectors } from './clustered-vectors.ts';
import { clusteredWords } from './clustered-words.ts';

/** Name on the rows that are made. */
export const seededModel = 'clustered-vectors';
const seed = 1;
const portion = 500;
const writers = 2;
const yearCount = 5;

/** What is looked for: in words, by a vector, or both. */
export interface BenchQuery {
  text?: string | undefined;
  vector?: Float32Array | undefined;
}

/**
 * Fills an empty `news` with articles of some 1,100 characters, which is what the search index reads of one, and clustered
 * vectors; leaves it without an index on vectors.
 *
 * @returns so many queries of the same distribution, which no article was made of.
 */
export async function seedSearchArchive(
  db: Database,
  { rows, queries, dimensions }: { rows: number; queries: number; dimensions: number },
): Promise<BenchQuery[]> {
  const nextVector = clusteredVectors(seed, dimensions);
  const words = clusteredWords(seed);
  const { rows: agencies } = await db.query<{ count: number }>('select count(*)::int as count from agencies');
  const { rows: indexes } = await db.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = 'news'::regclass and indexrelid in ($1::regclass, 'news_search_idx'::regclass)`,
    [vectorIndexName],
  );
  await db.query(`drop index ${indexes.map(({ name }) => name).join(', ')}`);

  const write = async (start: number) => {
    const count = Math.min(portion, rows - start);
    const made = Array.from({ length: count }, () => {
      const { cluster, vector } = nextVector();
      const title = words.text(cluster, 11);
      return {
        title,
        content: words.text(cluster, 150),
        vector: `[${Array.from(vector, (value) => value.toFixed(4)).join(',')}]`,
      };
    });
    await db.query(insertArticles, [
      start,
      made.map(({ title }) => title),
      made.map(({ content }) => content),
      made.map(({ vector }) => vector),
      agencies[0]!.count,
      yearCount * 365 * 24 * 60,
      seededModel,
    ]);
    if ((start / portion) % 20 === 0) console.error(`seeded ${start + count} of ${rows} articles`);
  };
  let next = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < rows) {
        const start = next;
        next += portion;
        await write(start);
      }
    }),
  );
  await db.session(async (client) => {
    await client.query(`set statement_timeout = 0; set maintenance_work_mem = '512MB'`);
    for (const { name, definition } of indexes) if (name !== vectorIndexName) await client.query(definition);
    await client.query('vacuum analyze news');
  });
  return Array.from({ length: queries }, () => {
    const { cluster, vector } = nextVector();
    return { text: words.query(cluster), vector };
  });
}

// Agencies have Zipf's sizes too: the largest has a sixth of the articles, most have few.
const insertArticles = `
  insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
    last_seen_at, title, content, url, canonical_url, theme_l1_id, content_embedding, embedding_generated_at,
    embedding_model, embedded_text_hash)
  select 'noticia-' || number || '_' || substr(md5(number::text), 1, 6), agencies.id, key, agencies.name, published_at,
    'page', published_at, published_at, title, content, 'https://www.gov.br/' || number,
    'https://www.gov.br/' || number, theme_ids[1 + number % cardinality(theme_ids)], vector::vector, published_at, $7,
    md5(embedding_text(title, null, content))
  from unnest($2::text[], $3::text[], $4::text[]) with ordinality as given (title, content, vector, position)
    cross join lateral (select $1::integer + position::integer - 1 as number) as numbered
    cross join (select array_agg(id) as theme_ids from themes where level = 1) as themes
    cross join lateral (select date_trunc('second', now())
      - make_interval(mins => (hashint8extended(number, 1) & 1073741823)::integer % $6::integer) as published_at) as dates
    join (select *, row_number() over (order by id) as rank from agencies) as agencies
      on rank = greatest(1, floor(power($5::integer + 1, ((hashint8extended(number, 2) & 1073741823) / 1073741824.0)))::integer)`;
