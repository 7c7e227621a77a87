import type { Bind } from '../../../shared/sql/bindings.ts';

/** The condition of a search on a row of `news`; what it compares with is bound first. */
export type Condition = (bind: Bind) => (row: string) => string;

/** @param words a tsquery. */
export const hasWords =
  (words: string): Condition =>
  (bind) => {
    const query = `${bind(words)}::tsquery`;
    return (row) => `${row}.search @@ ${query}`;
  };

/** @param words a tsquery; everything lacks none. */
export const lacksWords = (words: string | undefined): Condition =>
  words === undefined ? () => () => 'true' : (bind) => not(hasWords(words)(bind));

/** @param contentHash everything has another text than none. */
export const isOtherText =
  (contentHash: string | undefined): Condition =>
  (bind) => {
    if (contentHash === undefined) return () => 'true';
    const hash = bind(contentHash);
    return (row) => `${row}.content_hash is distinct from ${hash}`;
  };

export const all =
  (...conditions: readonly Condition[]): Condition =>
  (bind) => {
    const bound = conditions.map((condition) => condition(bind));
    return (row) => bound.map((test) => test(row)).join(' and ');
  };

const not = (test: (row: string) => string) => (row: string) => `not (${test(row)})`;
