import { RetryableError } from './errors.ts';
import type { TypesenseRequest } from './typesense-request.ts';

/** A span of publication in epoch seconds, its end excluded; without a bound it is open. */
export interface PublicationSpan {
  from?: number | undefined;
  to?: number | undefined;
}

/** What is compared of a document. */
export interface DocumentVersion {
  id: string;
  version: number;
}

/** Reads of an index what says whether it shows what Postgres holds. */
export interface DocumentVersions {
  /** How many documents each span has, in their order. */
  count(spans: readonly PublicationSpan[]): Promise<number[]>;
  /** The documents of a span, in any order: as many as it has, so it is to be a short one. */
  list(span: PublicationSpan): Promise<DocumentVersion[]>;
}

/** Searches of one request: the server's own limit. @see https://typesense.org/docs/30.1/api/federated-multi-search.html */
const maxSearches = 50;

/** Reads a collection, or the one behind an alias. */
export function createDocumentVersions(collection: string, request: TypesenseRequest): DocumentVersions {
  const countSome = async (spans: readonly PublicationSpan[]) => {
    const searches = spans.map((span) => ({ collection, q: '*', ...filterOf(span), per_page: 0 }));
    const answer = await request<{ results?: { found?: number; error?: string }[] }>('post', '/multi_search', {
      body: { searches },
    });
    const results = answer?.results ?? [];
    if (results.length !== spans.length) {
      throw new RetryableError(`Typesense answered ${spans.length} searches with ${results.length} results`);
    }
    return results.map(({ found, error }) => {
      if (found === undefined) throw new RetryableError(`Typesense cannot count documents: ${error ?? 'no number'}`);
      return found;
    });
  };
  return {
    async count(spans) {
      const counts: number[] = [];
      for (let start = 0; start < spans.length; start += maxSearches) {
        counts.push(...(await countSome(spans.slice(start, start + maxSearches))));
      }
      return counts;
    },
    async list(span) {
      const path = `/collections/${encodeURIComponent(collection)}/documents/export`;
      const query = { ...filterOf(span), include_fields: 'id,version' };
      const text = await request<string | object>('get', path, { query });
      return parseLines(text);
    },
  };
}

function filterOf({ from, to }: PublicationSpan): { filter_by?: string } {
  const bounds = [
    ...(from === undefined ? [] : [`published_at:>=${from}`]),
    ...(to === undefined ? [] : [`published_at:<${to}`]),
  ];
  return bounds.length > 0 ? { filter_by: bounds.join(' && ') } : {};
}

/** A single line may come parsed already. */
function parseLines(answer: unknown): DocumentVersion[] {
  if (typeof answer === 'object' && answer !== null) return [answer as DocumentVersion];
  return String(answer ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      try {
        return JSON.parse(line) as DocumentVersion;
      } catch (cause) {
        throw new RetryableError('Typesense answered an export with a line that is not JSON', { cause });
      }
    });
}
