import type { Database, Queryable, Snapshot } from '../../../shared/database.ts';
import { matching } from '../../../shared/sql/article-filter.ts';
import type { Found, SearchIndex, SearchQuery, SearchResult } from './contract.ts';
import { highlightRows } from './highlight.ts';
import { type Listed, listByDate } from './listing.ts';
import { readEmbedding } from './meaning.ts';
import { type Condition, rankArticles } from './ranking.ts';
import { type FoundRow, readResults } from './results.ts';
import { countMatches } from './totals.ts';
import { parseWords } from './words.ts';

/**
 * The search in Postgres itself: full text, vectors, or both. In an order by relevance there are at most 1,200 results;
 * one by date has no end.
 *
 * @param options.statementTimeoutMs how long the server works on one statement of a search that nobody waits for.
 * @param options.efSearch vectors that a scan of the index keeps in view, 1 to 1000; 200 unless given.
 */
export function createPostgresIndex(
  db: Database,
  options: { statementTimeoutMs: number; efSearch?: number },
): SearchIndex {
  const { efSearch } = options;
  /** All reads see one instant; none begins once nobody waits. */
  const search = <T>(deadline: AbortSignal, work: (tx: Queryable, asOf: number) => Promise<T>): Promise<T> =>
    db.snapshot(async (snapshot) => {
      const tx = untilAborted(snapshot, deadline);
      return await work(tx, await begin(tx, options.statementTimeoutMs));
    });
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
  const filter = { ...query.filter, knownAt: new Date(asOf) };
  const passesFilter: Condition = (bind) => matching(filter, bind);
  const words = query.text === '' ? undefined : await parseWords(tx, query.text);
  const isMatch: Condition = words === undefined ? passesFilter : both(passesFilter, hasWords(words));
  if (words !== undefined && query.sort === 'relevance') {
    const terms = { words, embedding: query.embedding, embeddedAt: filter.knownAt, efSearch };
    const candidates = await rankArticles(tx, terms, passesFilter);
    const distinct = candidates.filter(({ isCopy }) => !isCopy);
    const start = query.after?.rank ?? 0;
    const end = start + query.limit;
    const page = distinct.slice(start, end);
    const rows = await readResults(tx, idsOf(page), passesFilter);
    const highlights = await highlightRows(tx, rows, words);
    return {
      results: rows.map((row, place) => toResult(row, page[place]!.score, highlights[place]!)),
      next: distinct.length > end ? { asOf, rank: end } : undefined,
      ...(await countMatches(tx, isMatch, query.facets, query.embedding ? idsOf(candidates) : [])),
    };
  }
  const listed = await listByDate(tx, isMatch, placeOf(query), query.limit + 1);
  const page = listed.slice(0, query.limit);
  const rows = await readResults(tx, idsOf(page), isMatch);
  const highlights = words === undefined ? [] : await highlightRows(tx, rows, words);
  return {
    results: rows.map((row, place) => toResult(row, null, highlights[place] ?? null)),
    next: listed.length > page.length ? { asOf, ...page.at(-1)! } : undefined,
    ...(await countMatches(tx, isMatch, query.facets)),
  };
}

function placeOf({ after }: SearchQuery): Listed | undefined {
  if (after?.publishedAt === undefined || after.uniqueId === undefined) return undefined;
  return { publishedAt: after.publishedAt, uniqueId: after.uniqueId };
}

const hasWords =
  (words: string): Condition =>
  (bind) => {
    const query = `${bind(words)}::tsquery`;
    return (row) => `${row}.search @@ ${query}`;
  };

const both =
  (one: Condition, other: Condition): Condition =>
  (bind) => {
    const [first, second] = [one(bind), other(bind)];
    return (row) => `${first(row)} and ${second(row)}`;
  };

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

function untilAborted(tx: Snapshot, deadline: AbortSignal): Queryable {
  return {
    query: async (text, values) => {
      deadline.throwIfAborted();
      return await tx.query(text, values);
    },
  };
}
