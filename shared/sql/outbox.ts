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

/** The oldest messages after an id that were committed at least `minAgeMs` ago: younger ones are on their way. */
export async function listOutboxMessages(
  db: Queryable,
  page: { minAgeMs: number; after: number; limit: number },
): Promise<OutboxMessage[]> {
  const { rows } = await db.query<OutboxMessage>(
    `select id, topic, data, attributes from outbox
     where id > $1 and created_at <= now() - make_interval(secs => $2::float8 / 1000)
     order by id limit $3`,
    [page.after, page.minAgeMs, page.limit],
  );
  return rows;
}
