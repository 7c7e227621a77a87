import type { Database } from '../../shared/database.ts';
import { listThemes } from '../../shared/sql/catalogue.ts';
import type { Taxonomy } from './enricher.ts';

/** Reads the themes at most once in `maxAgeMs`; the same array until then, so that enrichers prepare it once. */
export function createTaxonomyReader(
  db: Database,
  options: { maxAgeMs?: number; now?: () => number } = {},
): () => Promise<Taxonomy> {
  const { maxAgeMs = 5 * 60_000, now = Date.now } = options;
  let taxonomy: Promise<Taxonomy> | undefined;
  let readAt = 0;
  return () => {
    if (!taxonomy || now() - readAt > maxAgeMs) {
      readAt = now();
      taxonomy = listThemes(db);
      // A failed read is the message's error, and the next message reads again.
      taxonomy.catch(() => {
        taxonomy = undefined;
      });
    }
    return taxonomy;
  };
}
