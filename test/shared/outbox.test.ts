import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { commitAndPublish, relayOutbox } from '../../shared/outbox.ts';
import type { OutgoingMessage } from '../../shared/publisher.ts';
import { insertOutboxMessages } from '../../shared/sql/outbox.ts';
import { createRecorder, type Recorder } from '../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

const message = (number: number): OutgoingMessage => ({
  topic: 'scraped',
  data: { unique_id: `a"b\\c {${number}}`, version: number, none: null },
  attributes: { event_version: '1', 'an "odd", {name}': 'ção' },
});

describe('the outbox', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let recorder: Recorder;
  before(async () => {
    database = await createTestDatabase();
    await database.db.query('create table state (value integer)');
  });
  after(() => database?.drop());
  beforeEach(async () => {
    recorder = createRecorder();
    await database.db.query('truncate outbox, state');
  });

  const deps = () => ({ ...recorder, db: database.db });
  const count = async (table: string) => (await database.db.query(`select from ${table}`)).rowCount;
  const commit = (messages: OutgoingMessage[]) =>
    commitAndPublish(deps(), async (tx) => {
      await tx.query('insert into state values (1)');
      return { result: 'done', messages };
    });
  /** Commits messages whose publishing fails. */
  async function strand(messages: OutgoingMessage[]): Promise<void> {
    recorder.failWith = new Error('no broker');
    await commit(messages);
    recorder.failWith = undefined;
  }

  test('publishes what it commits, in order and unchanged, and keeps nothing', async () => {
    assert.equal(await commit([message(1), message(2)]), 'done');
    const published = recorder.published.map(({ topic, data, attributes }) => ({ topic, data, attributes }));
    assert.deepEqual(published, [message(1), message(2)]);
    assert.deepEqual([await count('state'), await count('outbox')], [1, 0]);
  });

  test('work that throws leaves neither state nor message', async () => {
    const failure = new Error('no');
    const work = commitAndPublish(deps(), async (tx) => {
      await tx.query('insert into state values (1)');
      throw failure;
    });
    await assert.rejects(work, failure);
    assert.deepEqual([await count('state'), await count('outbox'), recorder.published.length], [0, 0, 0]);
  });

  test('a message that cannot be written takes the state back with it', async () => {
    const unwritable = { ...message(1), data: { text: '\0' } };
    await assert.rejects(commit([unwritable]));
    assert.deepEqual([await count('state'), await count('outbox'), recorder.published.length], [0, 0, 0]);
  });

  test('no transaction is open and the state is committed when it publishes', async () => {
    let seen: unknown;
    const publish = async () => {
      const { rows } = await database.db.query(
        `select (select count(*) from state) as committed,
           (select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%') as open`,
      );
      seen = rows[0];
    };
    await commitAndPublish({ ...deps(), publisher: { publish, close: async () => {} } }, async (tx) => {
      await tx.query('insert into state values (1)');
      return { result: undefined, messages: [message(1)] };
    });
    assert.deepEqual(seen, { committed: 1, open: 0 });
  });

  test('without messages nothing is published', async () => {
    recorder.failWith = new Error('was called');
    assert.equal(await commit([]), 'done');
    assert.deepEqual(recorder.lines, []);
  });

  test('what could not be published is relayed later, once, oldest first', async () => {
    await strand([message(1), message(2)]);
    await strand([message(3)]);
    assert.deepEqual([await count('state'), await count('outbox')], [2, 3]);
    assert.deepEqual(
      recorder.lines.map(({ severity, messageCount }) => [severity, messageCount]),
      [
        ['WARNING', 2],
        ['WARNING', 1],
      ],
    );
    assert.deepEqual(await relayOutbox(deps(), 0, 2), { published: 3, refused: 0 });
    const published = recorder.published.map(({ topic, data, attributes }) => ({ topic, data, attributes }));
    assert.deepEqual(published, [message(1), message(2), message(3)]);
    assert.equal(await count('outbox'), 0);
    assert.deepEqual(await relayOutbox(deps(), 0), { published: 0, refused: 0 });
  });

  test('a relay leaves younger messages to those who wrote them', async () => {
    await strand([message(1), message(2)]);
    await database.db.query(
      `update outbox set created_at = now() - interval '1 minute' where data ->> 'version' = '2'`,
    );
    assert.deepEqual(await relayOutbox(deps(), 30_000), { published: 1, refused: 0 });
    assert.deepEqual(
      recorder.published.map(({ data }) => (data as { version: number }).version),
      [2],
    );
    assert.equal(await count('outbox'), 1);
  });

  test('a relay whose publishing fails keeps what was not published', async () => {
    await strand([message(1), message(2)]);
    recorder.failWith = new Error('still no broker');
    assert.deepEqual(await relayOutbox(deps(), 0), { published: 0, refused: 2 });
    assert.equal(await count('outbox'), 2);
  });

  test('a message that the publisher refuses stays, and holds up no other', async () => {
    await strand([message(1), message(2), message(3)]);
    const { publisher, ...rest } = deps();
    const refuseSecond: typeof publisher.publish = async (messages) => {
      if (messages.some(({ data }) => (data as { version: number }).version === 2)) throw new Error('no such topic');
      await publisher.publish(messages);
    };
    const picky = { ...rest, publisher: { ...publisher, publish: refuseSecond } };
    assert.deepEqual(await relayOutbox(picky, 0, 2), { published: 2, refused: 1 });
    assert.equal(await count('outbox'), 1);
    assert.deepEqual(
      recorder.published.map(({ data }) => (data as { version: number }).version),
      [1, 3],
    );
  });

  test('writing a thousand messages keeps their ids in their order', async () => {
    const messages = Array.from({ length: 1000 }, (_, index) => message(index));
    const written = await insertOutboxMessages(database.db, messages);
    const { rows } = await database.db.query<{ id: number; version: number }>(
      `select id, (data ->> 'version')::integer as version from outbox order by id`,
    );
    assert.deepEqual(
      rows,
      written.map(({ id }, version) => ({ id, version })),
    );
  });
});
