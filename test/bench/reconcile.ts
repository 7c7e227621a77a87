import { Option } from 'commander';
import { type ReconcileDeps, reconcile } from '../../functions/reconcile/reconcile.ts';
import { prepareDatabase } from '../../infra/local/local-database.ts';
import { parseInteger } from '../../infra/local/options.ts';
import type { Database, Queryable } from '../../shared/database.ts';
import { silentLogger } from '../../shared/log.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { startPostgres } from '../support/postgres-server.ts';

export const description = 'an idle reconcile on many finished articles: time in the database';

export const options = [
  new Option('--articles <n>', 'how many').argParser(parseInteger(1, 10_000_000)).default(300_000),
  new Option('--runs <n>', 'how many are measured').argParser(parseInteger(1, 1000)).default(15),
  new Option('--plans', 'show how each statement is run').default(false),
  new Option('--database-url <url>', 'a Postgres with pgvector to use, in place of one of its own'),
];

interface ReconcileOptions {
  articles: number;
  runs: number;
  plans: boolean;
  databaseUrl?: string;
}

/** An archive without work, five years long, and an index that shows all of it; the first runs only warm up. */
export async function run({ articles, runs, plans, databaseUrl }: ReconcileOptions): Promise<Record<string, unknown>> {
  const server = databaseUrl ? undefined : await startPostgres();
  const db = await openPostgres({ url: databaseUrl ?? server!.url });
  try {
    await prepareDatabase(db);
    await fill(db, articles);
    const measured = measure(db, plans);
    const deps = { ...depsFor(db, articles), db: measured.db };
    const times: number[] = [];
    const comparing: number[] = [];
    for (let count = 0; count < runs + 3; count++) {
      measured.reset(count === 3);
      const report = await reconcile(contextFrom(), deps);
      if (Object.values(report.requeued).some((requeued) => requeued > 0) || report.relayed.published > 0) {
        throw new Error(`The archive is not idle: ${JSON.stringify(report)}`);
      }
      if (!report.compared || !('days' in report.compared) || report.compared.repaired > 0) {
        throw new Error(`The comparison found faults: ${JSON.stringify(report.compared)}`);
      }
      if (count < 3) continue;
      times.push(measured.ms());
      comparing.push(report.compared.days_by_version);
    }
    return {
      articles,
      idle_ms_median: round(median(times)),
      idle_ms_max: round(Math.max(...times)),
      statements: measured.statements(),
      days_compared_by_version: median(comparing),
    };
  } finally {
    await db.close();
    server?.stop();
  }
}

const firstDay = Date.parse('2021-11-01T00:00:00Z');
const dayMs = 86_400_000;
const dayCount = 1826;

/** Finished articles, evenly over the days. What no statement here reads (texts, vectors) is short or null. */
async function fill(db: Database, articles: number): Promise<void> {
  const { rows } = await db.query<{ count: number }>('select count(*) as count from news');
  if (rows[0]!.count === articles) return;
  if (rows[0]!.count > 0) throw new Error('The database of --database-url has other articles');
  console.error(`writing ${articles} articles`);
  const portion = 20_000;
  for (let start = 0; start < articles; start += portion) {
    await db.query(
      `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
         last_seen_at, title, url, enriched_revision, enriched_rank, enriched_at, embedded_text_hash, embedding_model,
         embedding_generated_at, synced_version, synced_index, synced_at)
       select 'article-' || number || '_' || substr(md5(number::text), 1, 6), id, key, name,
         timestamptz '2021-11-01T00:00:00Z' + make_interval(days => number % $3, mins => (number / $3) % 1440), 'page',
         now() - interval '2 days', now(), 'Notícia ' || number, 'https://www.gov.br/' || number, 1, 1,
         now() - interval '2 days', md5(embedding_text('Notícia ' || number, null, null)), 'm', now() - interval '2 days',
         1, $4, now() - interval '2 days'
       from generate_series($1::integer, $2::integer - 1) as number,
         (select id, key, name from agencies order by id limit 1) as agency`,
      [start, Math.min(articles, start + portion), dayCount, 'bench'],
    );
  }
  await db.query('vacuum analyze news');
}

/** What the stages reach in the archive, and an index that shows just that. */
function depsFor(db: Database, articles: number): ReconcileDeps {
  const ofDay = (day: number) => Math.floor(articles / dayCount) + (day < articles % dayCount ? 1 : 0);
  const dayOf = (from: number | undefined) => (from === undefined ? 0 : Math.round((from * 1000 - firstDay) / dayMs));
  return {
    db,
    log: silentLogger,
    publisher: { publish: async () => {}, close: async () => {} },
    targets: { enricherRank: 1, embeddingModel: 'm', searchIndex: 'bench' },
    overdueMs: 600_000,
    openIndex: async () => ({
      id: 'bench',
      versions: {
        count: async (spans) => spans.map(({ from }) => ofDay(dayOf(from))),
        list: async ({ from }) => {
          const { rows } = await db.query<{ id: string; version: number }>(
            `select unique_id as id, version from news
             where published_at >= $1 and published_at < $1::timestamptz + interval '1 day'`,
            [new Date(firstDay + dayOf(from) * dayMs)],
          );
          return rows;
        },
      },
      remove: async () => {},
    }),
  };
}

/** Adds up the time of statements, as their sender waits for them. */
function measure(db: Database, hasPlans: boolean) {
  let spentMs = 0;
  let statements = 0;
  let isExplaining = false;
  const timed =
    (target: Queryable): Queryable['query'] =>
    async (text, values) => {
      if (isExplaining) await explain(text, values);
      const startedAt = performance.now();
      const result = await target.query<never>(text, values);
      spentMs += performance.now() - startedAt;
      statements++;
      return result;
    };
  const explain = async (text: string, values: unknown[] | undefined) => {
    const { rows } = await db.query(`explain (analyze, buffers, costs off) ${text}`, values);
    console.error(`\n${text.trim().split('\n')[0]}`);
    for (const row of rows) console.error(`  ${Object.values(row)[0]}`);
  };
  const wrapped: Database = {
    ...db,
    query: timed(db) as Database['query'],
    transaction: (work) => db.transaction((tx) => work({ query: timed(tx) as Queryable['query'] })),
  };
  return {
    db: wrapped,
    reset: (isFirst: boolean) => {
      spentMs = 0;
      statements = 0;
      isExplaining = hasPlans && isFirst;
    },
    ms: () => spentMs,
    statements: () => statements,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
