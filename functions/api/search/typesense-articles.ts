import type { NewsDocument } from '../../../shared/typesense-schema.ts';
import type { DocumentHit, DocumentSearch, DocumentsSearch } from '../../../shared/typesense-search.ts';
import type { SearchResult } from './contract.ts';
import { isOneOf } from './typesense-filter.ts';
import { highlighting, readHighlight } from './typesense-highlight.ts';

/** A document that stands for itself and the others with its text. */
export interface Ranked {
  id: string;
  copies: string[];
  score: number | null;
}

const shownFields = [
  'id',
  'title',
  'url',
  'agency',
  'published_at',
  'summary',
  'most_specific_theme_code',
  'most_specific_theme_label',
  'image',
] as const satisfies readonly (keyof NewsDocument)[];

/** Reads a page of documents, in their order. One that was removed meanwhile is left out. */
export async function readResults(
  ranked: readonly Ranked[],
  words: readonly DocumentSearch[],
  deps: { search: DocumentsSearch; agencies: ReadonlyMap<string, string>; deadline: AbortSignal },
): Promise<SearchResult[]> {
  if (ranked.length === 0) return [];
  const { search, agencies, deadline } = deps;
  const page = {
    filter_by: isOneOf(
      'id',
      ranked.map(({ id }) => id),
    ),
    per_page: ranked.length,
  };
  const [documents, ...highlights] = await search(
    [
      { q: '*', ...page, include_fields: shownFields.join(',') },
      // What was found by its meaning may have but some of the words.
      ...words.map((one) => ({
        ...one,
        ...highlighting,
        ...page,
        include_fields: 'id',
        drop_tokens_threshold: ranked.length,
      })),
    ],
    deadline,
  );
  const byId = (hits: readonly DocumentHit[]) => new Map(hits.map((hit) => [hit.document.id, hit]));
  const shown = byId(documents?.hits ?? []);
  const highlighted = byId(highlights.flatMap(({ hits = [] }) => hits));
  return ranked.flatMap(({ id, copies, score }): SearchResult[] => {
    const document = shown.get(id)?.document;
    if (!document) return [];
    const { most_specific_theme_code: code, most_specific_theme_label: label } = document;
    const hit = highlighted.get(id);
    return [
      {
        unique_id: id,
        title: document.title ?? '',
        url: document.url ?? '',
        agency: document.agency ?? '',
        agency_name: agencies.get(document.agency ?? '') ?? document.agency ?? '',
        published_at: new Date((document.published_at ?? 0) * 1000),
        summary: document.summary ?? null,
        theme: code !== undefined && label !== undefined ? { code, label } : null,
        image: document.image ?? null,
        score,
        highlight: hit ? readHighlight(hit) : null,
        copies,
      },
    ];
  });
}
