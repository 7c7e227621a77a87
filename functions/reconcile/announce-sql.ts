import type { Queryable } from '../../shared/database.ts';
import { pending, type Stage, type StageTargets, topicOf } from '../../shared/pending.ts';
import type { OutgoingMessage } from '../../shared/publisher.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import type { PendingArticle } from '../../shared/sql/pending.ts';
import type { StageContext } from '../../shared/stage-context.ts';

/** Attempts of reconcile before it gives an article up; with their pauses they outlast most of a day. */
export const maxAttempts = 6;

/**
 * Notes that articles are nudged once more, each attempt with twice the pause of the one before; one that changed since
 * starts anew.
 *
 * @returns those whose pause is over: another run may have been faster.
 */
export async function noteAttempts(
  tx: Queryable,
  stage: Stage,
  articles: readonly PendingArticle[],
  pauseMs: number,
): Promise<PendingArticle[]> {
  const { rows } = await tx.query<PendingArticle>(
    `insert into requeues as noted (stage, unique_id, announced_version, attempts, next_at)
     select $1, unique_id, given.version, 1, now() + make_interval(secs => $4::float8 / 1000) * 2
     from unnest($2::text[], $3::bigint[]) as given (id, version) join news on unique_id = id
     order by unique_id
     on conflict (stage, unique_id) do update set announced_version = excluded.announced_version,
       attempts = case when noted.announced_version = excluded.announced_version then noted.attempts + 1 else 1 end,
       next_at = now() + make_interval(secs => $4::float8 / 1000)
         * 2 ^ (case when noted.announced_version = excluded.announced_version then noted.attempts + 1 else 1 end)
     where noted.next_at <= now() or noted.announced_version <> excluded.announced_version
     returning unique_id, announced_version as version`,
    [stage, articles.map(({ unique_id }) => unique_id), articles.map(({ version }) => version), pauseMs],
  );
  return rows;
}

/** Notes that articles were announced beside reconcile, which leaves them alone for the pause and then starts anew. */
export async function noteAnnounced(
  tx: Queryable,
  stage: Stage,
  articles: readonly PendingArticle[],
  pauseMs: number,
): Promise<void> {
  await tx.query(
    `insert into requeues (stage, unique_id, announced_version, attempts, next_at)
     select $1, unique_id, given.version, 0, now() + make_interval(secs => $4::float8 / 1000)
     from unnest($2::text[], $3::bigint[]) as given (id, version) join news on unique_id = id
     order by unique_id
     on conflict (stage, unique_id) do update set announced_version = excluded.announced_version, attempts = 0, next_at = excluded.next_at`,
    [stage, articles.map(({ unique_id }) => unique_id), articles.map(({ version }) => version), pauseMs],
  );
}

/** Lets reconcile start anew on articles, also on those that it has given up. */
export async function forgetAttempts(tx: Queryable, stage: Stage, articles: readonly PendingArticle[]): Promise<void> {
  await tx.query('delete from requeues where stage = $1 and unique_id = any($2::text[])', [
    stage,
    articles.map(({ unique_id }) => unique_id),
  ]);
}

/** The messages that start a stage on articles. */
export function nudgesTo(stage: Stage, articles: readonly PendingArticle[], context: StageContext): OutgoingMessage[] {
  return articles.map(({ unique_id, version }) => ({
    topic: topicOf[stage],
    data: { unique_id, version },
    attributes: context.attributes,
  }));
}

/**
 * Puts articles in quarantine that stayed pending through all attempts, and leaves them alone until they change or are
 * redriven; returns how many. What the stage itself said about one before is kept in the text, once.
 */
export async function giveUpExhausted(
  db: Queryable,
  stage: Stage,
  targets: StageTargets,
  limit: number,
  context: StageContext,
): Promise<number> {
  const { bind, values } = bindings();
  const text = `Pending after ${maxAttempts} more nudges by reconcile; the log lines of ${stage} for the article say why`;
  const { rowCount } = await db.query(
    `with exhausted as (
       select requeues.unique_id as id from requeues join news using (unique_id)
       where stage = ${bind(stage)} and attempts >= ${bind(maxAttempts)} and next_at <= now()
         and announced_version = version and ${pending(stage, targets, bind)}
       order by id limit ${bind(limit)} for update of requeues skip locked
     ),
     given_up as (
       update requeues set next_at = 'infinity' from exhausted
       where stage = ${bind(stage)} and unique_id = id returning unique_id, announced_version as version
     )
     insert into quarantine as q (stage, subject, data, attributes, error)
     select ${bind(stage)}, unique_id, jsonb_build_object('unique_id', unique_id, 'version', version),
       ${bind(JSON.stringify(context.attributes))}::jsonb, ${bind(text)}
     from given_up
     on conflict (stage, md5(subject)) do update set data = excluded.data, attributes = excluded.attributes,
       error = case when q.closed_at is not null then excluded.error
         when starts_with(q.error, excluded.error) then q.error
         else excluded.error || E'\\nbefore: ' || q.error end,
       attempts = q.attempts + 1,
       first_failed_at = case when q.closed_at is null then q.first_failed_at else now() end,
       last_failed_at = now(), closed_at = null, closed_reason = null, redriven_at = null`,
    values,
  );
  return rowCount;
}

/** Forgets articles that reached the stage after all; returns how many. */
export async function forgetReached(
  db: Queryable,
  stage: Stage,
  targets: StageTargets,
  limit: number,
): Promise<number> {
  const { bind, values } = bindings();
  const { rowCount } = await db.query(
    `delete from requeues where stage = ${bind(stage)} and unique_id in (
       select unique_id from requeues join news using (unique_id)
       where stage = ${bind(stage)} and (next_at <= now() or next_at = 'infinity')
         and ${pending(stage, targets, bind)} is not true
       limit ${bind(limit)})`,
    values,
  );
  return rowCount;
}
