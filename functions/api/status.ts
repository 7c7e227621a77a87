import type { Database, Queryable } from '../../shared/database.ts';
import { pending, type Stage, type StageTargets, stages } from '../../shared/pending.ts';
import { countSources, judgeSources, type SourceCounts, type SourceFlag } from '../../shared/source-health.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import { type JournalState, readJournalState } from '../../shared/sql/journal.ts';
import { listSourceActivity } from '../../shared/sql/source-health.ts';
import { type Alert, findAlerts, readActivity } from './status-alerts.ts';

/** Where the pipeline stands. Names as the answer of `GET /status` has them. */
export interface Status extends Coverage {
  /** Open rows, by stage; a stage without any is left out. */
  quarantine: Record<string, number>;
  /** Runs of the last 24 hours. */
  scrape_runs: ScrapeRunCount[];
  sources: SourcesStatus;
  /** Messages that were committed and not yet published. */
  outbox: number;
  /** Changes that wait for the dataset, and since when the oldest does; none while STORAGE_BACKEND is postgres. */
  hub_journal: JournalState;
  last_export: LastExport | null;
  /** What a person should look at; empty when all is well. */
  alerts: Alert[];
}

/** Counts are of articles that still stand on their site, except `removed` and `pending`. */
export interface Coverage {
  articles: number;
  removed: number;
  enriched: number;
  embedded: number;
  synced: number;
  /** What each stage has yet to do; a removed article is work for `sync` too. Without what is parked. */
  pending: Record<Stage, number>;
  /** Imported articles that a stage leaves alone until a replay asks for them. */
  parked: Record<Stage, number>;
  /** Time since the oldest pending article was last written by a stage; 0 when none is pending. */
  lag_seconds: Record<Stage, number>;
}

export interface ScrapeRunCount {
  status: 'running' | 'succeeded' | 'failed';
  category: string | null;
  count: number;
}

/** Active sources, and what is wrong with them. A source can be counted under several of the counts. */
export interface SourcesStatus extends SourceCounts {
  /** How many have at least one flag. */
  flagged: number;
  /** The worst of these first, 50 at most. */
  worst: FlaggedSource[];
}

export interface FlaggedSource {
  agency_key: string;
  url: string;
  /** The worst first: see `SourceFlag`. */
  flags: SourceFlag[];
  last_success_at: Date | null;
  /** Since the last success. */
  consecutive_failures: number;
  /** Why the last of these failed; their texts are for operators. */
  category: string | null;
  newest_article_at: Date | null;
  articles_24h: number;
  articles_7d: number;
  /** Mean over the eight weeks before the last seven days. */
  usual_articles_per_day: number;
  /** Mean time between the days on which it publishes; null when it has too few articles to tell. */
  usual_gap_days: number | null;
}

const maxWorstSources = 50;

export interface LastExport {
  repo: string;
  branch: string;
  commit: string;
  exported_at: Date;
  shards: number;
  rows: number;
}

/** Reads where the pipeline stands, all at one instant. */
export async function readStatus(db: Pick<Database, 'snapshot'>, targets: StageTargets): Promise<Status> {
  return await db.snapshot(async (tx) => {
    const coverage = await readCoverage(tx, targets);
    const quarantine = await countOpenFailures(tx);
    const outbox = await countOutbox(tx);
    return {
      ...coverage,
      quarantine,
      scrape_runs: await countScrapeRuns(tx),
      sources: await readSources(tx),
      outbox: outbox.count,
      hub_journal: await readJournalState(tx),
      last_export: await readLastExport(tx),
      alerts: findAlerts({ ...coverage, quarantine, stuck: outbox.stuck }, await readActivity(tx)),
    };
  });
}

async function readCoverage(tx: Queryable, targets: StageTargets): Promise<Coverage> {
  const { total, standing } = await countArticles(tx);
  const states = await readPendingStates(tx, targets);
  const byStage = (value: (state: PendingState) => number) =>
    Object.fromEntries(states.map((state) => [state.stage, value(state)])) as Record<Stage, number>;
  const reached = byStage((state) => standing - state.standing);
  return {
    articles: standing,
    removed: total - standing,
    enriched: reached.enrich,
    embedded: reached.embed,
    synced: reached.sync,
    pending: byStage((state) => state.pending),
    parked: byStage((state) => state.parked),
    lag_seconds: byStage((state) => state.lagSeconds),
  };
}

/**
 * Exact, because the stages are compared by these counts and the planner's estimate is off by percents. Both are read
 * from indexes alone, without a row.
 */
async function countArticles(tx: Queryable): Promise<{ total: number; standing: number }> {
  const { rows } = await tx.query<{ total: number; standing: number }>(
    `select (select count(*) from news) as total, (select count(*) from news where removed_at is null) as standing`,
  );
  return rows[0]!;
}

interface PendingState {
  stage: Stage;
  pending: number;
  parked: number;
  /** Of both, those that still stand on their site. */
  standing: number;
  lagSeconds: number;
}

/** Reads the indexes of what is pending, so that it costs next to nothing when nothing is. */
async function readPendingStates(tx: Queryable, targets: StageTargets): Promise<PendingState[]> {
  // Comparing two columns counts as true for a third of all rows, so the planner would rather read the table.
  await tx.query(`select set_config('enable_seqscan', 'off', true)`);
  const { bind, values } = bindings();
  const states = stages.map(
    (stage) => `select '${stage}' as stage, count(*) filter (where not is_parked) as pending,
       count(*) filter (where is_parked) as parked,
       count(*) filter (where removed_at is null) as standing,
       greatest(0, round(extract(epoch from
         now() - min(greatest(extracted_at, enriched_at, embedding_generated_at))
           filter (where not is_parked))))::float8 as "lagSeconds"
     from news where ${pending(stage, targets, bind)}`,
  );
  const { rows } = await tx.query<PendingState>(states.join(' union all '), values);
  return rows.sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
}

async function countOpenFailures(tx: Queryable): Promise<Record<string, number>> {
  const { rows } = await tx.query<{ stage: string; count: number }>(
    'select stage, count(*) as count from quarantine where closed_at is null group by stage order by stage',
  );
  return Object.fromEntries(rows.map(({ stage, count }) => [stage, count]));
}

async function countScrapeRuns(tx: Queryable): Promise<ScrapeRunCount[]> {
  const { rows } = await tx.query<ScrapeRunCount>(
    `select status, category, count(*) as count from scrape_runs
     where started_at > now() - interval '24 hours'
     group by status, category order by status, category`,
  );
  return rows;
}

async function readSources(tx: Queryable): Promise<SourcesStatus> {
  const sources = judgeSources(await listSourceActivity(tx), new Date());
  const flagged = sources.filter(({ flags }) => flags.length > 0);
  return {
    ...countSources(sources),
    flagged: flagged.length,
    worst: flagged.slice(0, maxWorstSources).map((source) => ({
      agency_key: source.agency_key,
      url: source.url,
      flags: source.flags,
      last_success_at: source.last_success_at,
      consecutive_failures: source.consecutive_failures,
      category: source.last_category,
      newest_article_at: source.newest_article_at,
      articles_24h: source.articles_24h,
      articles_7d: source.articles_7d,
      usual_articles_per_day: source.usual_articles_per_day,
      usual_gap_days: source.usual_gap_days,
    })),
  };
}

async function countOutbox(tx: Queryable): Promise<{ count: number; stuck: number }> {
  const { rows } = await tx.query<{ count: number; stuck: number }>(
    `select count(*) as count, count(*) filter (where created_at < now() - interval '15 minutes') as stuck from outbox`,
  );
  return rows[0]!;
}

/** The dataset that was written last, with all that stands in it. */
async function readLastExport(tx: Queryable): Promise<LastExport | null> {
  const { rows } = await tx.query<LastExport>(
    `select repo, branch, (array_agg(commit order by exported_at desc))[1] as commit,
       max(exported_at) as exported_at, count(*) as shards, sum(row_count) as rows
     from hub_shards
     group by repo, branch order by exported_at desc limit 1`,
  );
  return rows[0] ?? null;
}
