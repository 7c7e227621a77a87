import type { Queryable } from '../../../shared/database.ts';

export interface SlotRequest {
  host: string;
  /** Slots of the host, over all instances. */
  maxInFlight: number;
  /** Between the start that is reserved and the next one. */
  minIntervalMs: number;
  /** How long the slot is ours, from the reserved start on, unless we give it back. */
  leaseMs: number;
  /** A start further away than this is not reserved. */
  maxWaitMs: number;
  token: string;
}

/** `waitMs` is the time until the start, by the clock of the database; negative once it has passed. */
export interface SlotAnswer {
  isTaken: boolean;
  waitMs: number;
}

/**
 * Takes a free or expired slot of a host and reserves the next start, both or neither; null when no row exists yet.
 * Concurrent callers take different slots, and the row of the host puts their starts in order.
 */
export async function takeHostSlot(db: Queryable, request: SlotRequest): Promise<SlotAnswer | null> {
  const { rows } = await db.query<SlotAnswer>(
    `with free as materialized (
       select slot from host_slots
       where host = $1 and slot < $2 and lease_until < clock_timestamp()
         and exists (select from host_slots where host = $1 and slot = $2 - 1)
         and exists (select from hosts
           where host = $1 and next_start_at <= clock_timestamp() + make_interval(secs => $5::float8 / 1000))
       order by slot limit 1
       for update skip locked
     ), reserved as (
       update hosts
       set next_start_at = greatest(next_start_at, clock_timestamp()) + make_interval(secs => $3::float8 / 1000)
       from free where host = $1
       returning slot, next_start_at - make_interval(secs => $3::float8 / 1000) as start_at
     ), taken as (
       update host_slots
       set lease_token = $6, lease_until = start_at + make_interval(secs => $4::float8 / 1000)
       from reserved where host_slots.host = $1 and host_slots.slot = reserved.slot
       returning start_at
     )
     select taken.start_at is not null as "isTaken",
       (extract(epoch from coalesce(taken.start_at, hosts.next_start_at) - clock_timestamp()) * 1000)::float8 as "waitMs"
     from hosts left join taken on true
     where hosts.host = $1 and exists (select from host_slots where host = $1 and slot = $2 - 1)`,
    [request.host, request.maxInFlight, request.minIntervalMs, request.leaseMs, request.maxWaitMs, request.token],
  );
  return rows[0] ?? null;
}

/** Gives a slot back; nothing happens to one that expired and went to another. */
export async function releaseHostSlot(db: Queryable, host: string, token: string): Promise<void> {
  await db.query(
    `update host_slots set lease_token = null, lease_until = '-infinity' where host = $1 and lease_token = $2`,
    [host, token],
  );
}

/** Creates what `takeHostSlot` works on; what is there stays as it is. */
export async function insertHost(db: Queryable, host: string, maxInFlight: number): Promise<void> {
  await db.query(
    `with host as (insert into hosts (host) values ($1) on conflict do nothing)
     insert into host_slots (host, slot) select $1, generate_series(0, $2::integer - 1) on conflict do nothing`,
    [host, maxInFlight],
  );
}

/** No request to the host starts before this time has passed, whichever instance it comes from. */
export async function deferHostStart(db: Queryable, host: string, delayMs: number): Promise<void> {
  await db.query(
    `insert into hosts (host, next_start_at) values ($1, clock_timestamp() + make_interval(secs => $2::float8 / 1000))
     on conflict (host) do update set next_start_at = greatest(hosts.next_start_at, excluded.next_start_at)`,
    [host, delayMs],
  );
}
