import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Option } from 'commander';
import { createPostgresIndex } from '../../functions/api/search/postgres.ts';
import { parseInteger } from '../../infra/local/options.ts';
import { rebuildVectorIndex } from '../../infra/local/vectors/rebuild.ts';
import { listVectorIndexes, readCapability, usualGraph } from '../../infra/local/vectors/vector-index.ts';
import type { Database } from '../../shared/database.ts';
import { createEncoder } from '../../shared/encoder.ts';
import type { ArticleFilter } from '../../shared/sql/article-filter.ts';
import { countVectorsByModel } from '../../shared/sql/embedding-column.ts';
import { defaultEfSearch, vectorIndexName } from '../../shared/sql/nearest.ts';
import { openBenchDatabase } from './support/database.ts';
import { type BenchQuery, seedSearchArchive } from './support/search-archive.ts';
import { largestAgency, nearestIds, type ProbeQuery, recall, type Timed, usualIds } from './support/search-probes.ts';

export const description = 'search by vectors, and by words and vectors: time, and recall against exact search';

export const options = [
  new Option('--database-url <url>', 'a Postgres with pgvector to use, in place of one of its own'),
  new Option('--queries <file>', 'JSON Lines: {"text"}, {"vector"} or both a line; made, unless given'),
  new Option('--model <model>', 'what encodes texts without a vector: a folder, a Hub id, or "lexical"').default(
    'lexical',
  ),
  new Option('--rows <n>', 'articles that an empty database is filled with')
    .argParser(parseInteger(100, 10_000_000))
    .default(50_000),
  new Option('--count <n>', 'queries that are made').argParser(parseInteger(1, 10_000)).default(100),
  new Option('--exact <n>', 'queries that are also searched exactly, for the recall')
    .argParser(parseInteger(1, 10_000))
    .default(50),
  new Option('--ef-search <n>', 'vectors that a scan of the index keeps in view')
    .argParser(parseInteger(1, 1000))
    .default(defaultEfSearch),
  new Option('--compare', "search by pgvector's defaults too, with an index of its own that goes afterwards"),
];

interface SearchBenchOptions {
  databaseUrl?: string;
  queries?: string;
  model: string;
  rows: number;
  count: number;
  exact: number;
  efSearch: number;
  compare?: boolean;
}

/** As an instance with 4 GB of memory would have it. */
const serverSettings = { shared_buffers: '1GB', maintenance_work_mem: '1GB', effective_cache_size: '3GB' };

/**
 * Searches as the product does. Of each kind all queries run once unmeasured, and once measured; the neighbours that the
 * index gives are held against those of the same statement without it.
 *
 * `p50_ms` and `p95_ms` are the vector part, `hybrid_*` all of a search, `filtered_*` the vector part within an agency.
 */
export async function run(bench: SearchBenchOptions): Promise<Record<string, unknown>> {
  const { efSearch } = bench;
  await using resources = new AsyncDisposableStack();
  const { db, close } = await openBenchDatabase('postgres', bench.databaseUrl, serverSettings);
  resources.defer(close);
  const { made, buildSeconds } = await fillIfEmpty(db, bench);
  const queries = bench.queries === undefined ? made : await readQueries(bench.queries);
  if (queries.length === 0) throw new Error('The table holds articles already: --queries says what is looked for');
  const { rows, model, probes } = await prepareQueries(db, queries, bench.model);
  const agency = await largestAgency(db, model);

  const nearest = await timed(probes, ({ vector }) => nearestIds(db, { model, vector }, { efSearch }));
  const sample = probes.slice(0, bench.exact);
  const exact = await timed(sample, ({ vector }) => nearestIds(db, { model, vector }, { efSearch, isExact: true }), 0);
  const filtered = await timed(probes, ({ vector }) =>
    nearestIds(db, { model, vector }, { efSearch, filter: { agency } }),
  );
  const exactFiltered = await timed(
    sample,
    ({ vector }) => nearestIds(db, { model, vector }, { efSearch, filter: { agency }, isExact: true }),
    0,
  );
  const withText = probes.filter(({ text }) => text !== undefined);
  const hybrid = await timed(withText, ({ text, vector }) =>
    findHybrid(db, { text: text!, model, vector }, {}, efSearch),
  );
  const index = (await listVectorIndexes(db)).find(({ name }) => name === vectorIndexName);
  return {
    rows,
    queries: probes.length,
    ef_search: efSearch,
    ...percentiles('', nearest),
    recall_at_10: recall(nearest, exact),
    ...percentiles('hybrid_', hybrid),
    ...percentiles('filtered_', filtered),
    filtered_recall_at_10: recall(filtered, exactFiltered),
    filtered_rows_min: Math.min(...filtered.map(({ ids }) => ids.length)),
    exact_queries: exact.length,
    ...percentiles('exact_', exact),
    index: index && { is_half: index.isHalf, m: index.m, ef_construction: index.efConstruction },
    index_mb: index ? megabytes(index.bytes) : null,
    index_build_seconds: buildSeconds,
    ...(bench.compare ? await compareUsual(db, probes, model, exact) : {}),
  };
}

/** Makes the archive and its index where there are no articles. */
async function fillIfEmpty(db: Database, { rows, count }: SearchBenchOptions) {
  const { rowCount } = await db.query('select from news limit 1');
  if (rowCount > 0) return { made: [], buildSeconds: null };
  const { dimensions } = await readCapability(db);
  const made = await seedSearchArchive(db, { rows, queries: count, dimensions });
  const graph = { ...usualGraph, maintenanceWorkMem: '1GB', isEmbedded: false };
  const { seconds } = await rebuildVectorIndex(db, {
    ...graph,
    onProgress: ({ phase, done, total }) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${phase}: ${done} of ${total}`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return { made, buildSeconds: seconds };
}

/** Gives each query a vector: its own, or that of its text; the model is the encoder's, or else that of most rows. */
async function prepareQueries(db: Database, queries: readonly BenchQuery[], encoderModel: string) {
  const counts = await countVectorsByModel(db);
  const texts = queries.filter(({ vector }) => !vector).map(({ text }) => text!);
  const encoder = texts.length > 0 ? await createEncoder({ model: encoderModel }) : undefined;
  const encoded = (await encoder?.encode(texts, { kind: 'query' })) ?? [];
  await encoder?.close();
  const [largest] = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!);
  const model = encoder?.model ?? largest;
  const rows = model === undefined ? 0 : (counts.get(model) ?? 0);
  if (model === undefined || rows === 0) throw new Error(`No article has a vector${model ? ` of ${model}` : ''}`);
  const rest = encoded[Symbol.iterator]();
  const probes = queries.map(({ text, vector }): ProbeQuery => ({ text, vector: vector ?? rest.next().value! }));
  return { rows, model, probes };
}

async function readQueries(path: string): Promise<BenchQuery[]> {
  const queries: BenchQuery[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.trim() === '') continue;
    const { text, vector } = JSON.parse(line) as { text?: unknown; vector?: unknown };
    const hasVector = Array.isArray(vector) && vector.every(Number.isFinite);
    if (typeof text !== 'string' && !hasVector) {
      throw new Error(`${path}: line ${queries.length + 1} has neither a "text" nor a "vector"`);
    }
    queries.push({
      ...(typeof text === 'string' ? { text } : {}),
      ...(hasVector ? { vector: Float32Array.from(vector as number[]) } : {}),
    });
  }
  if (queries.length === 0) throw new Error(`${path} holds no queries`);
  return queries;
}

async function findHybrid(
  db: Database,
  { text, model, vector }: { text: string; model: string; vector: Float32Array },
  filter: ArticleFilter,
  efSearch: number,
): Promise<string[]> {
  const terms = { text, embedding: { model, vector } };
  const index = createPostgresIndex(db, { statementTimeoutMs: 0, efSearch });
  const query = { ...terms, filter, sort: 'relevance', limit: 10, facets: [] } as const;
  const { results } = await index.find(query, new AbortController().signal);
  return results.map(({ unique_id: uniqueId }) => uniqueId);
}

/** What whoever follows the manual of pgvector has: 32-bit vectors, and its defaults for building and searching. */
async function compareUsual(db: Database, probes: readonly ProbeQuery[], model: string, exact: readonly Timed[]) {
  const name = 'bench_usual_idx';
  const startedAt = performance.now();
  await db.session((client) =>
    client.query(
      `set statement_timeout = 0; set maintenance_work_mem = '1GB';
       drop index if exists ${name};
       create index ${name} on news using hnsw (content_embedding vector_cosine_ops);
       reset statement_timeout; reset maintenance_work_mem`,
    ),
  );
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  try {
    const usual = await timed(probes, ({ vector }) => usualIds(db, { model, vector }));
    const index = (await listVectorIndexes(db)).find((each) => each.name === name)!;
    return {
      ...percentiles('usual_', usual),
      usual_recall_at_10: recall(usual, exact),
      usual_index_mb: megabytes(index.bytes),
      usual_index_build_seconds: seconds,
    };
  } finally {
    await db.query(`drop index ${name}`);
  }
}

async function timed(
  probes: readonly ProbeQuery[],
  find: (probe: ProbeQuery) => Promise<string[]>,
  warmUps = 1,
): Promise<Timed[]> {
  for (let round = 0; round < warmUps; round++) for (const probe of probes) await find(probe);
  const found: Timed[] = [];
  for (const probe of probes) {
    const startedAt = performance.now();
    const ids = await find(probe);
    found.push({ ids, ms: performance.now() - startedAt });
  }
  return found;
}

/** Null where nothing ran. */
function percentiles(prefix: string, runs: readonly Timed[]): Record<string, number | null> {
  const sorted = runs.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number) => {
    const ms = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
    return ms === undefined ? null : Math.round(ms * 10) / 10;
  };
  return { [`${prefix}p50_ms`]: at(0.5), [`${prefix}p95_ms`]: at(0.95) };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
