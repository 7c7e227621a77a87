import type { Database, Queryable } from '../../../shared/database.ts';
import { matching } from '../../../shared/sql/article-filter.ts';
import type { Semaphore } from '../semaphore.ts';
import { untilAborted } from '../timed-reads.ts';
import { all, type Condition, hasWords, isOtherText, lacksWords } from './conditions.ts';
import type { Found, Position, SearchIndex, SearchQuery, SearchResult } from './contract.ts';
import { highlightRows } from './highlight.ts';
import { type Listed, listByDate } from './listing.ts';
import { readEmbedding } from './meaning.ts';
import { pageEnd, pageStart, shownBefore } from './page-start.ts';
import { type Candidate, rankArticles } from './ranking.ts';
import { type FoundRow, readResults } from './results.ts';
import { countMatches } from './totals.ts';
import { parseWords } from './words.ts';

/**
 * The search in Postgres itself: full text, vectors, or both. In an order by relevance there are at most 1,200 results;
 * one by date has no end.
 *
 * @param options.statementTimeoutMs how long the server works on one statement of a search that nobody waits for.
 * @param options.efSearch vectors that a scan of the index keeps in view, 1 to 1000; 200 unless given.
 * @param options.slots room for searches, each of which takes a connection; any number unless given.
 */
export function createPostgresIndex(
  db: Database,
  options: { statementTimeoutMs: number; efSearch?: number; slots?: Semaphore | undefined },
): SearchIndex {
  const { efSearch, slots } = options;
  /** All reads see one instant; none begins once nobody waits. */
  const search = async <T>(deadline: AbortSignal, work: (tx: Queryable, asOf: number) => Promise<T>): Promise<T> => {
    const read = () =>
      db.snapshot(async (snapshot) => {
        const tx = untilAborted(snapshot, deadline);
        return await work(tx, await begin(tx, options.statementTimeoutMs));
      });
    return await (slots ? slots.run(read, deadline) : read());
  };
  return {
    find: (query, deadline) =>
      search(deadline, (tx, now) => find(tx, query, { asOf: query.after?.asOf ?? now, efSearch })),
    similar: (uniqueId, { model, filter, limit }, deadline) =>
      search(deadline, async (tx) => {
        const embedding = await readEmbedding(tx, uniqueId, model);
        if (!embedding) return undefined;
        const condition: Condition = (bind) => {
          const matches = matching(filter, bind);
          const id = bind(uniqueId);
          return (row) => `${matches(row)} and ${row}.unique_id <> ${id}
            and coalesce(${row}.content_hash <> (select content_hash from news where unique_id = ${id}), true)`;
        };
        const best = (await rankArticles(tx, { embedding, efSearch }, condition))
          .filter(({ isCopy }) => !isCopy)
          .slice(0, limit);
        const rows = await readResults(tx, idsOf(best), condition);
        return rows.map((row, place) => toResult(row, best[place]!.score, null));
      }),
  };
}

async function find(
  tx: Queryable,
  query: SearchQuery,
  { asOf, efSearch }: { asOf: number; efSearch: number | undefined },
): Promise<Found> {
  const knownAt = new Date(asOf);
  const passesFilter = all((bind) => matching({ ...query.filter, knownAt }, bind), isOtherText(query.exceptHash));
  const { words, wanted = '', excluded } = query.text === '' ? {} : await parseWords(tx, query.text);
  const isMatch = words === undefined ? passesFilter : all(passesFilter, hasWords(words));
  if (words !== undefined && query.sort === 'relevance') {
    const { embedding } = query;
    const candidates = await rankArticles(
      tx,
      { words, excluded, embedding, embeddedAt: knownAt, efSearch },
      passesFilter,
    );
    const { page, next } = cutPage(candidates, query);
    const rows = await readResults(tx, idsOf(page), all(passesFilter, lacksWords(excluded)));
    const highlights = await highlight(tx, rows, wanted);
    return {
      results: rows.map((row, place) => toResult(row, page[place]!.score, highlights[place] ?? null)),
      next: next && { asOf, ...next },
      ...(await countMatches(tx, isMatch, query.facets, embedding ? idsOf(candidates) : [])),
    };
  }
  const listed = await listByDate(tx, isMatch, placeOf(query), query.limit + 1);
  const page = listed.slice(0, query.limit);
  const rows = await readResults(tx, idsOf(page), isMatch);
  const highlights = await highlight(tx, rows, wanted);
  return {
    results: rows.map((row, place) => toResult(row, null, highlights[place] ?? null)),
    next: listed.length > page.length ? { asOf, ...page.at(-1)! } : undefined,
    ...(await countMatches(tx, isMatch, query.facets)),
  };
}

/** What has an excluded word beyond the part of it that is searched must not be shown for that word. */
function highlight(tx: Queryable, rows: readonly FoundRow[], wanted: string): Promise<SearchResult['highlight'][]> {
  return wanted === '' ? Promise.resolve([]) : highlightRows(tx, rows, wanted);
}

/** A page of an order by relevance: behind the one before, wherever that ends now, without what it showed last. */
function cutPage(
  candidates: readonly Candidate[],
  { after, limit }: SearchQuery,
): { page: Candidate[]; next: Omit<Position, 'asOf'> | undefined } {
  const distinct = candidates.filter(({ isCopy }) => !isCopy);
  const texts = new Map(candidates.map(({ uniqueId, text }) => [uniqueId, text]));
  const places = new Map(distinct.map(({ text }, place) => [text, place]));
  const shown = new Set(shownBefore(after).map((id) => texts.get(id)));
  const start = pageStart(after, (id) => places.get(texts.get(id) ?? ''));
  const left = distinct.slice(start).filter(({ text }) => !shown.has(text));
  const page = left.slice(0, limit);
  if (left.length <= limit) return { page, next: undefined };
  return { page, next: { rank: places.get(page.at(-1)!.text)! + 1, ...pageEnd(idsOf(page), after) } };
}

function placeOf({ after }: SearchQuery): Listed | undefined {
  if (after?.publishedAt === undefined || after.uniqueId === undefined) return undefined;
  return { publishedAt: after.publishedAt, microseconds: after.microseconds ?? 0, uniqueId: after.uniqueId };
}

function idsOf(articles: readonly { uniqueId: string }[]): string[] {
  return articles.map(({ uniqueId }) => uniqueId);
}

function toResult(row: FoundRow, score: number | null, highlight: SearchResult['highlight']): SearchResult {
  const { content: _, copies, ...shown } = row;
  return { ...shown, score, highlight, copies };
}

/** Sets the transaction up, and tells its time, rounded up: what it sees came before. */
async function begin(tx: Queryable, statementTimeoutMs: number): Promise<number> {
  // Word vectors lie outside of their rows: for a common word the planner takes reading them all for cheap.
  const { rows } = await tx.query<{ now: number }>(
    `select ceil(extract(epoch from clock_timestamp()) * 1000)::float8 as now,
       set_config('statement_timeout', $1, true), set_config('enable_seqscan', 'off', true)`,
    [String(statementTimeoutMs)],
  );
  return rows[0]!.now;
}
