import type { Queryable } from '../../shared/database.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Stage } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import type { PendingArticle } from '../../shared/sql/pending.ts';

/** What is to be done again: one stage on the articles that were published in a window (São Paulo, both ends included). */
export interface ReplayOrder {
  stage: Stage;
  startDate: string;
  endDate: string;
  agencies?: readonly string[] | undefined;
  /** Articles a second. */
  rate: number;
}

/** A replay that was ordered, and how far it is. */
export interface Replay {
  id: number;
  stage: Stage;
  start_date: string;
  end_date: string;
  agencies: string[] | null;
  rate: number;
  status: 'open' | 'done' | 'cancelled';
  total_count: number;
  /** Of those, looked at so far. */
  seen_count: number;
  /** Of those, made pending; what a better enricher or a person did is left alone. */
  marked_count: number;
  created_at: Date;
  updated_at: Date;
  /** A runner has it until then, unless it ends before. */
  lease_until: Date | null;
}

const columns = `id, stage, to_char(start_date, 'YYYY-MM-DD') as start_date, to_char(end_date, 'YYYY-MM-DD') as end_date,
  agencies, rate, status, total_count, seen_count, marked_count, created_at, updated_at, lease_until`;

/** Articles that a replay is about: those that stand on their site. Read from an index, unless agencies are named. */
export async function countReplay(db: Queryable, order: Omit<ReplayOrder, 'rate'>): Promise<number> {
  const { bind, values } = bindings();
  const agencies = order.agencies ? `and agency_key = any(${bind(order.agencies)}::text[])` : '';
  const { rows } = await db.query<{ count: number }>(
    `select count(*) as count from news where removed_at is null
       and published_at >= (${bind(order.startDate)}::date)::timestamp at time zone 'America/Sao_Paulo'
       and published_at < (${bind(order.endDate)}::date + 1)::timestamp at time zone 'America/Sao_Paulo' ${agencies}`,
    values,
  );
  return rows[0]!.count;
}

/** Holds a replay for one runner, for so long after each chunk. */
export interface ReplayLease {
  token: string;
  ms: number;
}

/** Reconcile carries them all on beside each other. */
export const maxOpenReplays = 20;

/**
 * @param lease of the runner that ordered it; without one it is for whoever takes it.
 * @throws {PermanentError} when as many are open as reconcile carries on.
 */
export async function insertReplay(
  db: Queryable,
  order: ReplayOrder,
  totalCount: number,
  lease?: ReplayLease,
): Promise<Replay> {
  const { rows } = await db.query<Replay>(
    `insert into replays (stage, start_date, end_date, agencies, rate, total_count, lease_token, lease_until)
     select $1, $2::date, $3::date, $4::text[], $5::float8, $6::bigint, $7::uuid, now() + make_interval(secs => $8::float8 / 1000)
     where (select count(*) from replays where status = 'open') < $9
     returning ${columns}`,
    [
      ...[order.stage, order.startDate, order.endDate, order.agencies ?? null, order.rate, totalCount],
      ...[lease?.token ?? null, lease?.ms ?? null, maxOpenReplays],
    ],
  );
  const [replay] = rows;
  if (replay) return replay;
  throw new PermanentError(`${maxOpenReplays} replays are open: wait for one to end, or cancel one`);
}

/** All replays, the newest first; or those that are open, in the order in which they were asked for. */
export async function listReplays(db: Queryable, options: { all: boolean; limit: number }): Promise<Replay[]> {
  const chosen = options.all ? 'order by id desc' : `where status = 'open' order by id`;
  const { rows } = await db.query<Replay>(`select ${columns} from replays ${chosen} limit $1`, [options.limit]);
  return rows;
}

export async function findReplay(db: Queryable, id: number): Promise<Replay | undefined> {
  const { rows } = await db.query<Replay>(`select ${columns} from replays where id = $1`, [id]);
  return rows[0];
}

/** Ends an open replay where it is; false when it is not open. What it made pending stays so. */
export async function cancelReplay(db: Queryable, id: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update replays set status = 'cancelled', updated_at = now() where id = $1 and status = 'open'`,
    [id],
  );
  return rowCount > 0;
}

/** Takes an open replay for this runner alone; false when another has it or it is not open. */
export async function takeReplay(db: Queryable, id: number, lease: ReplayLease): Promise<boolean> {
  const { rowCount } = await db.query(
    `update replays set lease_token = $2, lease_until = now() + make_interval(secs => $3::float8 / 1000)
     where id = $1 and status = 'open' and (lease_until is null or lease_until < now())`,
    [id, lease.token, lease.ms],
  );
  return rowCount > 0;
}

export async function releaseReplay(db: Queryable, id: number, token: string): Promise<void> {
  await db.query('update replays set lease_token = null, lease_until = null where id = $1 and lease_token = $2', [
    id,
    token,
  ]);
}

/** Locks a replay for one chunk and makes its lease last; undefined when it was cancelled or another runner has it. */
export async function holdReplay(tx: Queryable, id: number, lease: ReplayLease): Promise<Replay | undefined> {
  const { rows } = await tx.query<Replay>(
    `update replays set lease_until = now() + make_interval(secs => $3::float8 / 1000), updated_at = now()
     where id = $1 and lease_token = $2 and status = 'open' returning ${columns}`,
    [id, lease.token, lease.ms],
  );
  return rows[0];
}

/**
 * By which columns the predicate of each stage finds it pending; what a view shows stays, and so does the version. What
 * was imported leaves its parking place with it.
 */
const mark: Record<Stage, string> = {
  enrich: 'enriched_revision = 0',
  embed: 'embedded_text_hash = null',
  sync: 'synced_version = 0',
};

/**
 * Makes the next articles of a replay pending, oldest first, and moves its cursor behind them; returns those that are
 * pending now, and how many were looked at. The cursor is an instant of publication: an article whose instant moves
 * behind it meanwhile, by a correction of its page, is passed over.
 *
 * @param enricherRank in force: what a better one did, or a person, is not to be overwritten.
 */
export async function markReplayChunk(
  tx: Queryable,
  replay: Replay,
  limit: number,
  enricherRank: number,
): Promise<{ seen: number; articles: PendingArticle[] }> {
  const { bind, values } = bindings();
  const id = bind(replay.id);
  const agencies = replay.agencies ? `and agency_key = any(${bind(replay.agencies)}::text[])` : '';
  const guard = replay.stage === 'enrich' ? `and enriched_rank <= ${bind(enricherRank)}::smallint` : '';
  const { rows } = await tx.query<{ seen: number; articles: PendingArticle[] }>(
    `with chunk as materialized (
       select unique_id as id, published_at as published, row_number() over (order by published_at, unique_id) as position
       from (
         select unique_id, published_at from news
         where removed_at is null and (published_at, unique_id) >
             ((select cursor_published_at from replays where id = ${id}),
              (select cursor_unique_id from replays where id = ${id}))
           and published_at >= (${bind(replay.start_date)}::date)::timestamp at time zone 'America/Sao_Paulo'
           and published_at < (${bind(replay.end_date)}::date + 1)::timestamp at time zone 'America/Sao_Paulo' ${agencies}
         order by published_at, unique_id limit ${bind(limit)}
       ) as next
     ),
     locked as (
       select unique_id as id from news where unique_id in (select id from chunk) ${guard}
       order by unique_id for no key update
     ),
     marked as (
       update news set ${mark[replay.stage]}, parked_version = null from locked where unique_id = locked.id returning unique_id, version
     ),
     moved as (
       update replays set cursor_published_at = published, cursor_unique_id = chunk.id,
         seen_count = seen_count + (select count(*) from chunk), marked_count = marked_count + (select count(*) from marked)
       from chunk where replays.id = ${id} and position = (select max(position) from chunk)
     )
     select (select count(*) from chunk) as seen,
       coalesce((select jsonb_agg(jsonb_build_object('unique_id', unique_id, 'version', version) order by unique_id)
         from marked), '[]') as articles`,
    values,
  );
  return rows[0]!;
}

export async function endReplay(tx: Queryable, id: number): Promise<void> {
  await tx.query(`update replays set status = 'done', updated_at = now() where id = $1`, [id]);
}
