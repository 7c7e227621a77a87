import type { Queryable } from '../../../shared/database.ts';
import { listAgencies, listThemes } from '../../../shared/sql/catalogue.ts';

/** Names that documents do not have, or not beside what they name. */
export interface CatalogueLabels {
  /** Names of all agencies, by key. */
  agencies: ReadonlyMap<string, string>;
  /** Labels of all themes, by code. */
  themes: ReadonlyMap<string, string>;
}

const lifetimeMs = 60_000;

/** Reads the labels of the catalogue. Those of more than a minute ago are given once more, and read anew meanwhile. */
export function createCatalogueLabels(db: Queryable, now: () => number = Date.now): () => Promise<CatalogueLabels> {
  let known: { labels: CatalogueLabels; readAt: number } | undefined;
  let reading: Promise<CatalogueLabels> | undefined;
  const read = async () => {
    const [agencies, themes] = await Promise.all([listAgencies(db), listThemes(db)]);
    const labels = {
      agencies: new Map(agencies.map(({ key, name }) => [key, name])),
      themes: new Map(themes.map(({ code, label }) => [code, label])),
    };
    known = { labels, readAt: now() };
    return labels;
  };
  const readOnce = () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return async () => {
    if (!known) return await readOnce();
    // While that fails, those of before are right enough.
    if (now() - known.readAt >= lifetimeMs) readOnce().catch(() => {});
    return known.labels;
  };
}
