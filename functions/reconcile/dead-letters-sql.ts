import type { Queryable } from '../../shared/database.ts';
import { pending, type Stage, type StageTargets } from '../../shared/pending.ts';
import { pipeline } from '../../shared/pipeline.ts';
import { bindings } from '../../shared/sql/bindings.ts';

/** Whose failures are kept; those of unreadable messages under `unknown`, where even that cannot be read. */
export const deadLetterStages = [
  ...pipeline.flatMap(({ name, trigger }) => (trigger.kind === 'topic' ? [name] : [])),
  'unknown',
] as const;

/** A row of the quarantine, as operators see it. */
export interface DeadLetter {
  id: number;
  stage: string;
  subject: string;
  attempts: number;
  first_failed_at: Date;
  last_failed_at: Date;
  redriven_at: Date | null;
  closed_at: Date | null;
  closed_reason: string | null;
  error: string;
  data: unknown;
  /** Empty where what failed had none. */
  attributes: Record<string, string>;
  /** Version of the article that it is about; null when there is none. */
  article_version: number | null;
}

/** Narrows a choice of dead letters; all that is given must hold. */
export interface DeadLetterFilter {
  ids?: readonly number[] | undefined;
  stage?: string | undefined;
  agency?: string | undefined;
  subject?: string | undefined;
  /** A part of the error's text, in any case. */
  error?: string | undefined;
  /** Failed at this instant or later. */
  since?: Date | undefined;
  /** Closed ones too. */
  all?: boolean | undefined;
}

/** Id of the dead letter that was recorded first last; 0 where there is none. */
export async function findLastDeadLetter(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ id: number }>('select coalesce(max(id), 0) as id from quarantine');
  return rows[0]!.id;
}

/** Dead letters after an id and up to another, in the order of their ids. */
export async function listDeadLetters(
  db: Queryable,
  filter: DeadLetterFilter,
  page: { after: number; upTo?: number; limit: number },
): Promise<DeadLetter[]> {
  const { bind, values } = bindings();
  const where = [`id > ${bind(page.after)}`];
  if (page.upTo !== undefined) where.push(`id <= ${bind(page.upTo)}`);
  if (!filter.all) where.push('closed_at is null');
  if (filter.ids) where.push(`id = any(${bind(filter.ids)}::bigint[])`);
  if (filter.stage) where.push(`stage = ${bind(filter.stage)}`);
  if (filter.subject) where.push(`subject = ${bind(filter.subject)}`);
  if (filter.error) where.push(`strpos(lower(error), lower(${bind(filter.error)})) > 0`);
  if (filter.since) where.push(`last_failed_at >= ${bind(filter.since)}`);
  if (filter.agency) {
    const agency = bind(filter.agency);
    where.push(`(data->>'agency_key' = ${agency} or agency_key = ${agency})`);
  }
  const { rows } = await db.query<DeadLetter>(
    `select id, stage, subject, attempts, first_failed_at, last_failed_at, redriven_at, closed_at, closed_reason, error,
       data, case when jsonb_typeof(attributes) = 'object' then attributes else '{}' end as attributes,
       version as article_version
     from quarantine left join news on unique_id = subject
     where ${where.join(' and ')} order by id limit ${bind(page.limit)}`,
    values,
  );
  return rows;
}

/**
 * Marks open dead letters as redriven, lets reconcile count their articles' attempts anew, and lets `scrape` ask for
 * their pages at once, not only when their time comes; returns the ids of those that were not redriven within the pause:
 * another operator may have been faster.
 */
export async function markRedriven(tx: Queryable, ids: readonly number[], pauseMs: number): Promise<Set<number>> {
  const { rows } = await tx.query<{ id: number }>(
    `with marked as (
       update quarantine set redriven_at = now()
       where id = any($1::bigint[]) and closed_at is null
         and (redriven_at is null or redriven_at <= now() - make_interval(secs => $2::float8 / 1000))
       returning id, stage, subject, data
     ),
     forgotten as (
       delete from requeues using marked where requeues.stage = marked.stage and unique_id = subject
     ),
     due as (
       update pages set next_visit_at = now() from marked
       where stage = 'scrape' and agency_key = data->>'agency_key' and md5(canonical_url) = md5(subject)
         and next_visit_at > now()
     )
     select id from marked`,
    [ids, pauseMs],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Closes dead letters of articles that their stage has reached: one that waited to be recorded while a later message did
 * the work finds nobody else who would close it.
 */
export async function closeReached(db: Queryable, stage: Stage, targets: StageTargets): Promise<number> {
  const { bind, values } = bindings();
  const { rowCount } = await db.query(
    `update quarantine set closed_at = now() from news
     where closed_at is null and stage = ${bind(stage)} and unique_id = subject and not ${pending(stage, targets, bind)}`,
    values,
  );
  return rowCount;
}

/** Closes open dead letters without success; returns how many. */
export async function discardDeadLetters(db: Queryable, ids: readonly number[], reason: string): Promise<number> {
  const { rowCount } = await db.query(
    `update quarantine set closed_at = now(), closed_reason = $2 where id = any($1::bigint[]) and closed_at is null`,
    [ids, reason],
  );
  return rowCount;
}
