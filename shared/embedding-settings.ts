import { integer } from './config.ts';

/** Length of vectors unless `EMBEDDING_DIMENSIONS` says otherwise. */
export const usualDimensions = 768;

/**
 * The one setting that says how long vectors are: those that are computed, those of Postgres, for which
 * `destaques vectors resize` makes room, and those of the search index.
 */
export const embeddingSettings = {
  // 16-bit vectors of more numbers have no index.
  EMBEDDING_DIMENSIONS: integer(1, 4000).default(usualDimensions),
};
