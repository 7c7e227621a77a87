import type { Queryable } from '../../../shared/database.ts';
import type { Bind } from '../../../shared/sql/bindings.ts';
import { readTerms } from './query-terms.ts';

/** Newest matches that the words rank: a common word has them by the hundred thousand, and each costs reading a row. */
const rankedCount = 1000;

/** A text as texts of tsqueries. */
export interface ParsedWords {
  /** All of it: what is wanted, without what is excluded. */
  words: string;
  /** What is wanted alone; empty where nothing is. */
  wanted: string;
  /** What has any of the excluded words; undefined where none is, or all of them are stop words. */
  excluded: string | undefined;
}

/**
 * Parses a text once. Bound as constants its queries can be estimated; as an expression they would be parsed again for
 * every row that they rank.
 */
export async function parseWords(tx: Queryable, text: string): Promise<ParsedWords> {
  const terms = readTerms(text);
  const { rows } = await tx.query<{ wanted: string; excluded: string[] }>(
    `select websearch_to_tsquery('portuguese_unaccent', search_words($1))::text as wanted, array(
       select parsed::text from unnest($2::text[]) as given (words)
       cross join lateral websearch_to_tsquery('portuguese_unaccent', search_words(given.words)) as parsed
       where numnode(parsed) > 0
     ) as excluded`,
    [dropDashes(terms.wanted), terms.excluded.map(dropDashes)],
  );
  const { wanted, excluded } = rows[0]!;
  const either = excluded.map((one) => `(${one})`).join(' | ');
  if (either === '') return { words: wanted, wanted, excluded: undefined };
  return { words: wanted === '' ? `!(${either})` : `(${wanted}) & !(${either})`, wanted, excluded: either };
}

/** Those left stand within words or are punctuation, where Postgres would exclude. On thirty in a row its parser fails. */
function dropDashes(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}])-+|-+(?=[^\p{L}\p{N}]|$)/gu, ' ');
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
