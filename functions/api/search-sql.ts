import type { Queryable } from '../../shared/database.ts';
import { type ArticleFilter, matching } from '../../shared/sql/article-filter.ts';
import { type Bind, bindings } from '../../shared/sql/bindings.ts';
import { type NearestIndex, nearestArticles, prepareNearest, type QueryVector } from '../../shared/sql/nearest.ts';

/** What is looked for: words, and their meaning as a vector of one model. */
export interface SearchTerms {
  text: string;
  embedding?: QueryVector | undefined;
}

/** An article as a list shows it. */
export interface SearchResult {
  unique_id: string;
  title: string;
  url: string;
  agency: string;
  agency_name: string;
  published_at: Date;
  summary: string | null;
  theme: { code: string; label: string } | null;
  image: string | null;
  /** Comparable within one answer only; null where nothing was looked for. */
  score: number | null;
}

const resultColumns = `article.unique_id, article.title, article.url, article.agency_key as agency,
  article.agency_name, article.published_at, article.summary,
  case when theme.id is not null then jsonb_build_object('code', theme.code, 'label', theme.label) end as theme,
  article.image_url as image`;
const joinTheme = 'left join themes as theme on theme.id = article.most_specific_theme_id';

/** Best candidates that an arm puts forward: more than a page, for copies of one text fold into one result. */
const candidateCount = 200;
/** Newest matches that the words rank: a common word has them by the hundred thousand, and each costs reading a row. */
const rankedCount = 1000;
/** Damps the first places, so that one arm alone does not decide. @see https://doi.org/10.1145/1571941.1572114 */
const fusionConstant = 60;

/**
 * The articles nearest in words and in meaning, both rankings fused by reciprocal rank; of several with the same text,
 * the best. Without an embedding the words alone decide.
 *
 * @param tx a transaction: settings that are local to it are set.
 * @param options as `prepareNearest` takes them.
 */
export async function findArticles(
  tx: Queryable,
  terms: SearchTerms,
  filter: ArticleFilter,
  limit: number,
  options: { efSearch?: number | undefined } = {},
): Promise<SearchResult[]> {
  const words = await prepareSearch(tx, terms.text);
  const { bind, values } = bindings();
  const matches = matching(filter, bind);
  const arms = [wordsArm(words, matches, bind)];
  if (terms.embedding) arms.push(meaningArm(terms.embedding, await prepareNearest(tx, options), matches, bind));
  const { rows } = await tx.query<SearchResult>(
    `with fused as (
       select unique_id, sum(1 / (${fusionConstant} + position)::float8) as score
       from (${arms.join(' union all ')}) as arm
       group by unique_id
     ),
     folded as (
       select fused.*, row_number() over (
         partition by coalesce(content_hash, unique_id) order by score desc, published_at desc, unique_id) as copy
       from fused join news using (unique_id)
     )
     select ${resultColumns}, folded.score
     from folded join news as article using (unique_id) ${joinTheme}
     where folded.copy = 1
     order by folded.score desc, article.published_at desc, article.unique_id
     limit ${bind(limit)}`,
    values,
  );
  return rows;
}

/**
 * Sets up the planner for this transaction, and returns the text as a tsquery. Bound as a constant
 * it is parsed once and its matches can be estimated; as an expression it would be parsed again for every row it ranks.
 */
async function prepareSearch(tx: Queryable, text: string): Promise<string> {
  // Word vectors lie outside of their rows: for a common word the planner takes reading them all for cheap.
  const { rows } = await tx.query<{ words: string }>(
    `select websearch_to_tsquery('portuguese_unaccent', search_words($1))::text as words,
       set_config('enable_seqscan', 'off', true)`,
    [dropLooseDashes(text)],
  );
  return rows[0]!.words;
}

/**
 * A dash before a word or a quote excludes it; any other is punctuation, as in "Censo - resultados", where Postgres
 * would exclude too. On some thirty dashes in a row its parser fails.
 */
function dropLooseDashes(text: string): string {
  return text.replace(/-+(?=[^\p{L}\p{N}"]|$)/gu, ' ');
}

function wordsArm(words: string, matches: (row: string) => string, bind: Bind): string {
  const query = `${bind(words)}::tsquery`;
  // Weights of content, summary, subtitle with tags, title.
  return `(
    select unique_id, row_number() over (order by rank desc, published_at desc, unique_id) as position
    from (
      select unique_id, published_at, ts_rank_cd('{0.1, 0.2, 0.4, 1}', search, ${query}) as rank
      from (
        select unique_id, published_at, search from news
        where search @@ ${query} and ${matches('news')}
        order by published_at desc, unique_id
        limit ${rankedCount}
      ) as newest
    ) as ranked
    order by position
    limit ${candidateCount}
  )`;
}

function meaningArm(query: QueryVector, index: NearestIndex, matches: (row: string) => string, bind: Bind): string {
  return `(
    select unique_id, row_number() over (order by distance, unique_id) as position
    from (${nearestArticles(query, { matches, limit: candidateCount, index }, bind)}) as nearest
  )`;
}
