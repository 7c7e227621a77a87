import { type DocumentHit, type DocumentSearch, maxHits } from '../../../shared/typesense-search.ts';
import type { SearchQuery } from './contract.ts';
import { isOneOf, joined, publishedUntil } from './typesense-filter.ts';
import { type Dated, newestFirst, placeOf, positionAt, secondsOf } from './typesense-order.ts';
import { countFound, type FindDeps, type Page, rankedFields, type Scope } from './typesense-page.ts';
import { fold, maxCopies, merge } from './typesense-relevance.ts';

/** The documents of one alternative, as far as they are known: the newest. */
interface Branch {
  search: DocumentSearch;
  hits: readonly DocumentHit[];
  /** Whether there are more. */
  isCut: boolean;
}

/**
 * A page of the documents that have the words of one of several searches, the newest first. The server cannot merge them:
 * each is read on from where the page before ended, and what is older than the known part of any waits.
 */
export async function findNewestOfAny(
  { limit, after }: SearchQuery,
  words: readonly DocumentSearch[],
  { conditions, facets, asOf }: Scope,
  { search, deadline }: FindDeps,
): Promise<Page> {
  const fields = { include_fields: [rankedFields, ...facets.fields].join(',') };
  const listing = { sort_by: 'published_at:desc', per_page: maxHits, ...fields };
  const place = placeOf(after);
  const all = words.map((one) => ({ ...one, ...joined(conditions), ...listing }));
  const left = place
    ? words.map((one) => ({ ...one, ...joined([...conditions, publishedUntil(secondsOf(place) * 1000)]), ...listing }))
    : [];
  const answers = await search([...all, ...left], deadline);
  const inWords = answers.slice(0, all.length);
  const searches = place ? left : all;
  const branches = searches.map((one, index) =>
    extend({ search: one, hits: [], isCut: true }, answers.at(index - searches.length)!.hits),
  );
  const copiesOf = (hits: readonly DocumentHit[]) => readCopies(hits, words, conditions, { search, deadline });
  const found = await collect(branches, place, limit + 1, {
    // The first page knows them where nothing was cut off.
    copiesOf: place || branches.some(({ isCut }) => isCut) ? copiesOf : undefined,
    readOn: (some) => readOn(some, { search, deadline }),
  });
  const page = found.slice(0, limit);
  return {
    ranked: page.map(({ first, copies }) => ({ id: first.id, copies, score: null })),
    next: found.length > limit ? positionAt(page.at(-1)!.first, asOf) : undefined,
    ...countFound(inWords, merge(inWords.map(({ hits = [] }) => hits)), facets, false),
  };
}

/** The first `count` texts behind a place, or all that there are: of each the newest article, and its copies. */
async function collect(
  start: readonly Branch[],
  place: Dated | undefined,
  count: number,
  read: {
    copiesOf: ((hits: readonly DocumentHit[]) => Promise<Map<string, string[]>>) | undefined;
    readOn: (branches: readonly Branch[]) => Promise<Branch[]>;
  },
): Promise<{ first: Dated; copies: string[] }[]> {
  const found: { first: Dated; copies: string[] }[] = [];
  const judged = new Set<string>();
  let branches = start;
  while (found.length < count) {
    const known = settled(branches, place);
    const hits = new Map(known.map(({ hit }) => [hit.document.id, hit]));
    const unjudged = fold(known).filter(({ id }) => !judged.has(id));
    const candidates = unjudged.slice(0, count - found.length);
    if (candidates.length === 0) {
      if (branches.every(({ isCut }) => !isCut)) break;
      branches = await read.readOn(branches);
      continue;
    }
    const alike = await read.copiesOf?.(candidates.map(({ id }) => hits.get(id)!));
    for (const { id, copies } of candidates) {
      const first = hits.get(id)!.document;
      const ids = alike?.get(first.content_hash ?? '') ?? [id, ...copies];
      judged.add(id);
      // Else a newer one stood for it, on a page before.
      if (ids[0] === id) found.push({ first, copies: ids.slice(1) });
    }
  }
  return found;
}

function extend({ search, hits }: Branch, more: readonly DocumentHit[] = []): Branch {
  return { search, hits: [...hits, ...more], isCut: more.length === maxHits };
}

/** The branches that keep the others waiting. */
async function readOn(branches: readonly Branch[], { search, deadline }: FindDeps): Promise<Branch[]> {
  const horizon = horizonOf(branches);
  const waitedFor = branches.filter((branch) => branch.isCut && oldest(branch) === horizon);
  const answers = await search(
    waitedFor.map((branch) => ({ ...branch.search, offset: branch.hits.length })),
    deadline,
  );
  return branches.map((branch) => {
    const index = waitedFor.indexOf(branch);
    return index < 0 ? branch : extend(branch, answers[index]!.hits);
  });
}

/** What no later read can come before; of a second that a branch was cut in, others may be missing. */
function settled(branches: readonly Branch[], place: Dated | undefined) {
  const horizon = horizonOf(branches);
  return merge(branches.map(({ hits }) => hits)).filter(
    ({ hit: { document } }) =>
      secondsOf(document) > horizon && (place === undefined || newestFirst(document, place) > 0),
  );
}

/** Epoch seconds. */
function horizonOf(branches: readonly Branch[]): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...branches.filter(({ isCut }) => isCut).map(oldest));
}

function oldest({ hits }: Branch): number {
  return secondsOf(hits.at(-1)!.document);
}

/** Ids of all articles with the text of one of these, by its hash, the newest first. */
async function readCopies(
  hits: readonly DocumentHit[],
  words: readonly DocumentSearch[],
  conditions: readonly string[],
  { search, deadline }: FindDeps,
): Promise<Map<string, string[]>> {
  const hashes = hits.flatMap(({ document }) => document.content_hash ?? []);
  if (hashes.length === 0) return new Map();
  const answers = await search(
    words.map((one) => ({
      ...one,
      ...joined([...conditions, isOneOf('content_hash', hashes)]),
      sort_by: 'published_at:desc',
      group_by: 'content_hash',
      group_limit: maxCopies + 1,
      per_page: hashes.length,
      include_fields: rankedFields,
    })),
    deadline,
  );
  const found = answers.map(({ grouped_hits: groups = [] }) => groups.flatMap((group) => group.hits));
  return new Map(
    fold(merge(found)).map(({ id, copies }) => {
      const { document } = found.flat().find((hit) => hit.document.id === id)!;
      return [document.content_hash ?? '', [id, ...copies]];
    }),
  );
}
