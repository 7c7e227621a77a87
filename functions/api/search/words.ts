import type { Queryable } from '../../../shared/database.ts';
import type { Bind } from '../../../shared/sql/bindings.ts';

/** Newest matches that the words rank: a common word has them by the hundred thousand, and each costs reading a row. */
const rankedCount = 1000;

/**
 * A text as a tsquery. Bound as a constant it is parsed once and its matches can be estimated; as an expression it would
 * be parsed again for every row it ranks.
 */
export async function parseWords(tx: Queryable, text: string): Promise<string> {
  const { rows } = await tx.query<{ words: string }>(
    `select websearch_to_tsquery('portuguese_unaccent', search_words($1))::text as words`,
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

/** The articles that have the words, ranked by where they stand in them: ids and positions, from 1. */
export function wordsArm(words: string, matches: (row: string) => string, bind: Bind): string {
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
  )`;
}
