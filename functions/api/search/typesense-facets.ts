import type { NewsDocument } from '../../../shared/typesense-schema.ts';
import type { DocumentAnswer, DocumentHit, DocumentSearch } from '../../../shared/typesense-search.ts';
import type { FacetName, FacetValue, Found } from './contract.ts';
import type { CatalogueLabels } from './typesense-labels.ts';

const maxValues = 20;

/** The facets of a search, by the server's count or by ours. */
export interface Facets {
  /** Of a search: what the server is to count. */
  request: Partial<DocumentSearch>;
  /** Fields that `count` looks at. */
  fields: readonly string[];
  read(answer: DocumentAnswer): Found['facets'];
  count(hits: readonly DocumentHit[]): Found['facets'];
}

const fieldOf = {
  agency: 'agency',
  theme: 'theme_1_level_1_code',
  tag: 'tags',
  // Of Brasília, as filters count days; `published_year` is of UTC.
  year: 'published_local_year',
} as const satisfies Record<FacetName, keyof NewsDocument>;

/** Themes are those of the first level. */
export function facetsOf(names: readonly FacetName[], labels: CatalogueLabels): Facets {
  const labelOf = (name: FacetName, value: string) =>
    (name === 'agency' ? labels.agencies.get(value) : name === 'theme' ? labels.themes.get(value) : undefined) ?? value;
  const fields = names.map((name) => fieldOf[name]);

  const describe = (countsOf: (field: keyof NewsDocument) => Iterable<readonly [value: string, count: number]>) =>
    Object.fromEntries(
      names.map((name): [FacetName, FacetValue[]] => {
        const counts = [...countsOf(fieldOf[name])].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
        return [
          name,
          counts.slice(0, maxValues).map(([value, count]) => ({ value, label: labelOf(name, value), count })),
        ];
      }),
    );
  return {
    fields,
    // The server's other strategy looks only at values that are frequent in all documents.
    request:
      fields.length > 0
        ? { facet_by: fields.join(','), max_facet_values: maxValues, facet_strategy: 'exhaustive' as const }
        : {},
    read: ({ facet_counts: facets = [] }) =>
      describe((field) => {
        const counts = facets.find(({ field_name: name }) => name === field)?.counts ?? [];
        return counts.map(({ value, count }) => [value, count] as const);
      }),
    count: (hits) =>
      describe((field) => {
        const counts = new Map<string, number>();
        for (const { document } of hits) {
          const values = new Set([document[field] ?? []].flat().map(String));
          for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        return counts;
      }),
  };
}
