import type { Collection, StoredDocument } from './typesense-collection.ts';

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '>': (value, bound) => value > bound,
  '<=': (value, bound) => value <= bound,
  '=': (value, bound) => value === bound,
};

/**
 * Documents by a filter of numeric comparisons joined by `&&`; all of them without one.
 *
 * @throws {SyntaxError} for what else the real server takes.
 * @see https://typesense.org/docs/30.1/api/search.html#filter-parameters
 */
export function filterDocuments({ documents, fields }: Collection, filter: string | null): StoredDocument[] {
  const conditions = (filter ?? '').split('&&').filter((part) => part.trim() !== '');
  const tests = conditions.map((condition) => {
    const [, name, operator, bound] = /^\s*(\w+):\s*(>=|<=|>|<|=)\s*(-?\d+)\s*$/.exec(condition) ?? [];
    const field = fields.find((candidate) => candidate.name === name);
    if (!field || !['int32', 'int64', 'float'].includes(field.type)) {
      throw new SyntaxError(`Could not parse the filter: ${condition}`);
    }
    return (document: StoredDocument) => comparisons[operator!]!(Number(document[name!]), Number(bound));
  });
  return [...documents.values()].filter((document) => tests.every((matches) => matches(document)));
}

/** Answers `POST /multi_search` as far as counting goes; each search fails for itself. */
export function multiSearch(body: Record<string, unknown>, find: (name: string) => Collection | undefined): object {
  const searches = body.searches as { collection: string; q: string; filter_by?: string; per_page?: number }[];
  if (searches.length > 50) return { code: 400, error: 'Number of multi searches exceeds `limit_multi_searches`.' };
  const results = searches.map(({ collection: name, q, filter_by, per_page }) => {
    const collection = find(name);
    if (!collection) return { code: 404, error: 'Not found.' };
    if (q !== '*' || per_page !== 0) return { code: 400, error: 'The stand-in counts, it does not search.' };
    try {
      return { found: filterDocuments(collection, filter_by ?? null).length, hits: [], page: 1 };
    } catch (error) {
      return { code: 400, error: (error as Error).message };
    }
  });
  return { results };
}
