import type { Queryable } from '../../../shared/database.ts';
import { bindings } from '../../../shared/sql/bindings.ts';
import { prepareNearest } from '../../../shared/sql/nearest.ts';
import { type Condition, lacksWords } from './conditions.ts';
import type { Embedding } from './contract.ts';
import { meaningArm } from './meaning.ts';
import { wordsArm } from './words.ts';

/** An article that words or meaning put forward. */
export interface Candidate {
  uniqueId: string;
  score: number;
  /** The same for all articles with one text. */
  text: string;
  /** Whether a better one has the same text. */
  isCopy: boolean;
}

export interface SearchTerms {
  /** A tsquery. */
  words?: string | undefined;
  embedding?: Embedding | undefined;
  /** A tsquery; the words leave out what has these, and the meaning must. */
  excluded?: string | undefined;
  /** Vectors that came later are left out: most articles get theirs seconds after they came. */
  embeddedAt?: Date | undefined;
  /** @see prepareNearest */
  efSearch?: number | undefined;
}

/** Damps the first places, so that one arm alone does not decide. @see https://doi.org/10.1145/1571941.1572114 */
const fusionConstant = 60;

/**
 * The articles nearest in words and in meaning, both rankings fused by reciprocal rank, the best first. There are as
 * many as the arms put forward: 1,000 by words and 200 by meaning.
 *
 * @param tx a transaction: settings that are local to it are set.
 */
export async function rankArticles(tx: Queryable, terms: SearchTerms, condition: Condition): Promise<Candidate[]> {
  const { bind, values } = bindings();
  const matches = condition(bind);
  const arms: string[] = [];
  if (terms.words !== undefined) arms.push(wordsArm(terms.words, matches, bind));
  if (terms.embedding) {
    const index = await prepareNearest(tx, terms);
    const embeddedAt = terms.embeddedAt && bind(terms.embeddedAt);
    const lacksExcluded = lacksWords(terms.excluded)(bind);
    const isCandidate = (row: string) =>
      [
        matches(row),
        lacksExcluded(row),
        embeddedAt ? `coalesce(${row}.embedding_generated_at <= ${embeddedAt}, true)` : 'true',
      ].join(' and ');
    arms.push(meaningArm(terms.embedding, index, isCandidate, bind));
  }
  const { rows } = await tx.query<Candidate>(
    `with fused as (
       select unique_id, sum(1 / (${fusionConstant} + position)::float8) as score
       from (${arms.join(' union all ')}) as arm
       group by unique_id
     )
     select unique_id as "uniqueId", score, coalesce(content_hash, unique_id) as text, row_number() over (
       partition by coalesce(content_hash, unique_id) order by score desc, published_at desc, unique_id) > 1 as "isCopy"
     from fused join news using (unique_id)
     order by score desc, published_at desc, unique_id`,
    values,
  );
  return rows;
}
