import type { Queryable } from '../database.ts';
import type { OutgoingMessage } from '../publisher.ts';

/** A message that is committed and not yet known to be published. */
export interface OutboxMessage extends OutgoingMessage {
  id: number;
}

/** Writes messages beside the state they announce; returns them with their ids, in order. */
export async function insertOutboxMessages(
  tx: Queryable,
  messages: readonly OutgoingMessage[],
): Promise<OutboxMessage[]> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into outbox (topic, data, attributes)
     select topic, data, attributes
     from unnest($1::text[], $2::jsonb[], $3::jsonb[]) with ordinality as message (topic, data, attributes, position)
     order by position
     returning id`,
    [
      messages.map((message) => message.topic),
      messages.map((message) => JSON.stringify(message.data)),
      messages.map((message) => JSON.stringify(message.attributes)),
    ],
  );
  return messages.map((message, index) => ({ ...message, id: rows[index]!.id }));
}

export async function deleteOutboxMessages(db: Queryable, ids: readonly number[]): Promise<void> {
  await db.query('delete from outbox where id = any($1::bigint[])', [ids]);
}

/**
 * Takes messages that nobody holds, for this caller alone until the claim ends: the least often refused first, so that
 * those that nobody takes never stand before the others. The locks last as long as this statement: the claim is a column,
 * because no transaction may be open while a message is published.
 *
 * @param page.minAgeMs messages that were committed later are on their way.
 * @param page.without topics that are left out.
 */
export async function claimOutboxMessages(
  db: Queryable,
  page: { minAgeMs: number; limit: number; claimMs: number; without: readonly string[] },
): Promise<OutboxMessage[]> {
  const { rows } = await db.query<OutboxMessage>(
    `with free as (
       select id as free_id from outbox
       where created_at <= now() - make_interval(secs => $1::float8 / 1000)
         and (claimed_until is null or claimed_until <= now()) and topic <> all($4::text[])
       order by refusals, id limit $2 for update skip locked
     )
     update outbox set claimed_until = now() + make_interval(secs => $3::float8 / 1000)
     from free where id = free_id
     returning id, topic, data, attributes`,
    [page.minAgeMs, page.limit, page.claimMs, page.without],
  );
  return rows.sort((a, b) => a.id - b.id);
}

/** Leaves messages that were refused alone for a while, each time twice as long: a minute at first, ten at most. */
export async function postponeOutboxMessages(db: Queryable, ids: readonly number[]): Promise<void> {
  await db.query(
    `update outbox set refusals = least(refusals + 1, 100),
       claimed_until = now() + least(interval '10 minutes', interval '1 minute' * 2 ^ least(refusals, 10))
     where id = any($1::bigint[])`,
    [ids],
  );
}
