import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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
    assert.deepEqual(await relayOutbox(deps(), 0, { batchSize: 2 }), { published: 3, refused: 0 });
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
    assert.deepEqual(await relayOutbox(picky, 0, { batchSize: 2 }), { published: 2, refused: 1 });
    assert.equal(await count('outbox'), 1);
    assert.deepEqual(
      recorder.published.map(({ data }) => (data as { version: number }).version),
      [1, 3],
    );
  });

  const versions = (messages: readonly OutgoingMessage[]) =>
    messages.map(({ data }) => (data as { version: number }).version);

  test('what was refused waits longer each time, so that the next run begins after it', async () => {
    await strand([message(1), message(2), message(3)]);
    const { publisher, ...rest } = deps();
    const refuse: typeof publisher.publish = async (messages) => {
      if (versions(messages).some((version) => version < 3)) throw new Error('no such topic');
      await publisher.publish(messages);
    };
    const picky = { ...rest, publisher: { ...publisher, publish: refuse } };
    const waits = async () =>
      (
        await database.db.query<{ s: number }>(
          `select round(extract(epoch from claimed_until - now()) / 60)::integer as s from outbox order by id`,
        )
      ).rows.map(({ s }) => s);
    assert.deepEqual(await relayOutbox(picky, 0, { batchSize: 2 }), { published: 0, refused: 2 });
    assert.deepEqual(await relayOutbox(picky, 0, { batchSize: 2 }), { published: 1, refused: 0 });
    assert.deepEqual(await waits(), [1, 1]);
    for (const wait of [2, 4, 8, 10]) {
      await database.db.query('update outbox set claimed_until = now()');
      assert.deepEqual(await relayOutbox(picky, 0), { published: 0, refused: 2 });
      assert.deepEqual(await waits(), [wait, wait]);
    }
  });

  test('a topic that takes nothing holds up neither the other topics nor, over runs, what came after', async () => {
    const { publisher, ...rest } = deps();
    const isRefused = ({ topic, data }: OutgoingMessage) =>
      topic === 'synced' || (data as { version: number }).version < 0;
    const refuse: typeof publisher.publish = async (messages) => {
      if (messages.some(isRefused)) throw new Error('no such topic');
      await publisher.publish(messages);
    };
    const picky = { ...rest, publisher: { ...publisher, publish: refuse } };
    await strand(Array.from({ length: 9 }, (_, index) => ({ ...message(index), topic: 'synced' })));
    await strand([...[-1, -2, -3, -4, -5, -6].map(message), message(1)]);
    assert.deepEqual(await relayOutbox(picky, 0, { batchSize: 2 }), { published: 0, refused: 4 });
    for (let run = 0; run < 3; run++) {
      await database.db.query('update outbox set claimed_until = now()');
      await relayOutbox(picky, 0, { batchSize: 2 });
    }
    assert.deepEqual(versions(recorder.published), [1], 'those that are refused never stand before the others again');
    await strand([message(2)]);
    await database.db.query('update outbox set claimed_until = now()');
    assert.equal((await relayOutbox(picky, 0, { batchSize: 2 })).published, 1);
  });

  test('two relays at the same time publish each message once', async () => {
    const messages = Array.from({ length: 400 }, (_, index) => message(index));
    await strand(messages);
    const slow = (by: OutgoingMessage[]) => ({
      ...deps(),
      publisher: {
        publish: async (batch: readonly OutgoingMessage[]) => {
          by.push(...batch);
          await sleep(5);
        },
        close: async () => {},
      },
    });
    const [first, second]: [OutgoingMessage[], OutgoingMessage[]] = [[], []];
    const reports = await Promise.all([
      relayOutbox(slow(first), 0, { batchSize: 10 }),
      relayOutbox(slow(second), 0, { batchSize: 10 }),
    ]);
    assert.ok(first.length > 0 && second.length > 0, `${first.length} and ${second.length}`);
    assert.equal(reports[0].published + reports[1].published, 400);
    assert.deepEqual(
      versions([...first, ...second]).sort((a, b) => a - b),
      messages.map((_, index) => index),
    );
    for (const order of [versions(first), versions(second)]) {
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        'the oldest first',
      );
    }
    assert.equal(await count('outbox'), 0);
  });

  test('while a publisher hangs no transaction is open, no other relay takes its messages, and the rest goes on', async () => {
    await strand([message(1), message(2)]);
    const hang = { ...deps(), publisher: { publish: () => new Promise<never>(() => {}), close: async () => {} } };
    const hanging = relayOutbox(hang, 0, { publishTimeoutMs: 400 });
    await sleep(150);
    await strand([message(3)]);
    assert.deepEqual(await relayOutbox(deps(), 0), { published: 1, refused: 0 });
    assert.deepEqual(versions(recorder.published), [3]);
    const open = `select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`;
    assert.equal((await database.db.query(open)).rowCount, 0);
    assert.deepEqual(await hanging, { published: 0, refused: 2 });
    assert.match(String(recorder.lines.at(-1)!.error), /did not answer within 400 ms/);
  });

  test('one message on which the publisher hangs holds up no other', async () => {
    await strand([message(1), message(2), message(3)]);
    const { publisher, ...rest } = deps();
    const publish: typeof publisher.publish = (messages) =>
      versions(messages).includes(2) ? new Promise<never>(() => {}) : publisher.publish(messages);
    const report = await relayOutbox({ ...rest, publisher: { ...publisher, publish } }, 0, { publishTimeoutMs: 50 });
    assert.deepEqual(report, { published: 2, refused: 1 });
    assert.deepEqual(versions(recorder.published), [1, 3]);
  });

  test('a relay that died gives its claim back by its end', async () => {
    await strand([message(1)]);
    await database.db.query(`update outbox set claimed_until = now() + interval '1 second'`);
    assert.deepEqual(await relayOutbox(deps(), 0), { published: 0, refused: 0 });
    await database.db.query(`update outbox set claimed_until = now() - interval '1 second'`);
    assert.deepEqual(await relayOutbox(deps(), 0), { published: 1, refused: 0 });
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
