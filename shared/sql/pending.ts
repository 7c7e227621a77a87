import type { Queryable } from '../database.ts';
import { pending, pendingParts, type Stage, type StageTargets, stages } from '../pending.ts';
import { type Bind, bindings } from './bindings.ts';

export interface PendingArticle {
  unique_id: string;
  version: number;
}

/** Narrows a listing of pending articles. */
export interface PendingFilter {
  /** Leaves out rows that a stage wrote within this time: their messages may still be on the way. Default 0. */
  minAgeMs?: number;
  /** Leaves out imported articles that no replay has asked for yet. */
  isDue?: boolean;
  /** Leaves out articles on which an earlier stage has work too: that one nudges this one. */
  isFirst?: boolean;
  /** Leaves out articles that this stage put in quarantine within this time. */
  quarantinePauseMs?: number;
  /** Leaves out articles that were announced again and whose pause is not over, and those with so many attempts. */
  maxAttempts?: number;
  /** Publication days in America/Sao_Paulo, `YYYY-MM-DD`, both ends included. */
  startDate?: string | undefined;
  endDate?: string | undefined;
  agencies?: readonly string[] | undefined;
}

/** Articles on which a stage has work, in the order of their unique_id; `after` goes on from there. */
export async function listPendingArticles(
  db: Queryable,
  stage: Stage,
  targets: StageTargets,
  page: PendingFilter & { after: string; limit: number },
): Promise<PendingArticle[]> {
  const { bind, values } = bindings();
  const where = [`unique_id > ${bind(page.after)}`, ...conditions(stage, targets, page, bind)];
  const end = `order by unique_id limit ${bind(page.limit)}`;
  const parts = pendingParts(stage, targets, bind).map(
    (part) => `(select unique_id, version from news where ${[part, ...where].join(' and ')} ${end})`,
  );
  const { rows } = await db.query<PendingArticle>(`select * from (${parts.join(' union ')}) as pending ${end}`, values);
  return rows;
}

/** How many articles a listing without end would have. */
export async function countPendingArticles(
  db: Queryable,
  stage: Stage,
  targets: StageTargets,
  filter: PendingFilter,
): Promise<number> {
  const { bind, values } = bindings();
  const where = conditions(stage, targets, filter, bind);
  const parts = pendingParts(stage, targets, bind).map(
    (part) => `select unique_id from news where ${[part, ...where].join(' and ')}`,
  );
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from (${parts.join(' union ')}) as pending`,
    values,
  );
  return rows[0]!.count;
}

/** What the filter leaves. */
function conditions(stage: Stage, targets: StageTargets, filter: PendingFilter, bind: Bind): string[] {
  const where = windowConditions(filter, bind);
  if (filter.minAgeMs) {
    where.push(`greatest(extracted_at, enriched_at, embedding_generated_at)
      < now() - make_interval(secs => ${bind(filter.minAgeMs)}::float8 / 1000)`);
  }
  // As the indexes of what is due say it: a large archive may be parked.
  if (filter.isDue) where.push('not is_parked');
  if (filter.isFirst) {
    for (const earlier of stages.slice(0, stages.indexOf(stage))) {
      where.push(`${pending(earlier, targets, bind)} is not true`);
    }
  }
  // Scalar subqueries, which the planner never turns into joins: those it would sort the table for, in parallel.
  if (filter.quarantinePauseMs) {
    where.push(`(select closed_at is null
        and last_failed_at > now() - make_interval(secs => ${bind(filter.quarantinePauseMs)}::float8 / 1000)
      from quarantine where stage = ${bind(stage)} and md5(subject) = md5(news.unique_id)) is not true`);
  }
  if (filter.maxAttempts !== undefined) {
    where.push(`(select announced_version = news.version and (next_at > now() or attempts >= ${bind(filter.maxAttempts)})
      from requeues where stage = ${bind(stage)} and requeues.unique_id = news.unique_id) is not true`);
  }
  return where;
}

/** Publication days, both ends included, and agencies. */
export function windowConditions(
  { startDate, endDate, agencies }: Pick<PendingFilter, 'startDate' | 'endDate' | 'agencies'>,
  bind: Bind,
): string[] {
  const where: string[] = [];
  if (startDate) where.push(`published_at >= (${bind(startDate)}::date)::timestamp at time zone 'America/Sao_Paulo'`);
  if (endDate) where.push(`published_at < (${bind(endDate)}::date + 1)::timestamp at time zone 'America/Sao_Paulo'`);
  if (agencies) where.push(`agency_key = any(${bind(agencies)}::text[])`);
  return where;
}
