import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { PubSub } from '@google-cloud/pubsub';
import type { PubSubEmulator } from '../../infra/local/pubsub-emulator.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { OutgoingMessage } from '../../shared/publisher.ts';
import { openPubSub } from '../../shared/pubsub.ts';
import { openPubSubClient } from '../../shared/pubsub-client.ts';
import { publishError } from '../../shared/pubsub-errors.ts';
import { openTestEmulator, uniqueProject, withoutEmulator } from '../support/pubsub-emulator.ts';

const scraped = (number: number, text = ''): OutgoingMessage => ({
  topic: 'scraped',
  data: { number, text },
  attributes: { event_version: '1' },
});
const many = (count: number) => Array.from({ length: count }, (_, index) => scraped(index));

describe('on the emulator', { skip: withoutEmulator }, () => {
  const projectId = uniqueProject();
  let emulator: PubSubEmulator;
  let client: PubSub;
  before(async () => {
    emulator = await openTestEmulator();
    client = openPubSubClient(projectId, emulator.endpoint);
  });
  after(async () => {
    await client.close();
    await emulator.stop();
  });

  const open = () => openPubSub(projectId, { endpoint: emulator.endpoint });

  /** A subscription to a new topic; resolves with what was published there. */
  async function listen(topic: string) {
    await client.createTopic(topic);
    const [subscription] = await client.createSubscription(topic, `${topic}-test`);
    return async (count: number): Promise<{ data: unknown; attributes: Record<string, string> }[]> => {
      const messages: { data: unknown; attributes: Record<string, string> }[] = [];
      await new Promise<void>((resolve, reject) => {
        subscription.on('error', reject);
        subscription.on('message', (message) => {
          message.ack();
          messages.push({ data: JSON.parse(message.data.toString('utf8')), attributes: message.attributes });
          if (messages.length === count) resolve();
        });
      });
      await subscription.close();
      return messages;
    };
  }

  test('what is published is on its topic once, as JSON with its attributes', async () => {
    const received = await listen('scraped');
    const publisher = open();
    await publisher.publish([scraped(0, 'ção')]);
    await publisher.publish([]);
    await publisher.publish(many(1234).slice(1));
    await publisher.close();
    const messages = await received(1234);
    const numbers = messages.map(({ data }) => (data as { number: number }).number).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index),
    );
    const first = messages.find(({ data }) => (data as { number: number }).number === 0);
    assert.deepEqual(first, { data: { number: 0, text: 'ção' }, attributes: { event_version: '1' } });
  });

  test('closing sends what was published before, and nothing is taken after', async () => {
    const received = await listen('enriched');
    const publisher = open();
    const calls = [350, 1, 7].map((count) =>
      publisher.publish(many(count).map((message) => ({ ...message, topic: 'enriched' as const }))),
    );
    await publisher.close();
    await assert.rejects(publisher.publish([scraped(1)]), RetryableError);
    await Promise.all(calls);
    assert.equal((await received(358)).length, 358);
  });

  test('a topic that is not there is named with what makes it, at once, and others do not fail with it', {
    timeout: 60_000,
  }, async () => {
    const received = await listen('embedded');
    const publisher = openPubSub(projectId, { endpoint: emulator.endpoint, timeoutMs: 3_600_000 });
    await assert.rejects(
      publisher.publish([
        { ...scraped(1), topic: 'synced' },
        { ...scraped(2), topic: 'embedded' },
      ]),
      (error) => {
        assert.ok(error instanceof RetryableError);
        assert.match(
          error.message,
          new RegExp(`synced of project ${projectId} does not exist.*infra/gcp.*--bus emulator`),
        );
        return true;
      },
    );
    assert.equal((await received(1)).length, 1);
    // The instance need not start again once somebody has made it.
    await client.createTopic('synced');
    await publisher.publish([{ ...scraped(1), topic: 'synced' }]);
    await publisher.close();
  });
});

describe('where nobody answers', () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  let endpoint: string;
  before(async () => {
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    endpoint = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('publishing fails within its time, as retryable: the server is silent, or there is none', async () => {
    for (const place of [endpoint, '127.0.0.1:1']) {
      const publisher = openPubSub('test', { endpoint: place, timeoutMs: 600 });
      const startedAt = performance.now();
      await assert.rejects(publisher.publish([scraped(1)]), (error) => {
        assert.ok(error instanceof RetryableError);
        assert.match(error.message, /Topic scraped of project test took no messages within 600 ms: ./);
        return true;
      });
      const tookMs = performance.now() - startedAt;
      assert.ok(tookMs > 300 && tookMs < 30_000, `${tookMs} ms`);
      await publisher.close();
    }
  });

  test('beyond its bounds on messages and on bytes it refuses more at once, and takes them again later', async () => {
    for (const [calls, make] of [
      [40, () => many(100)],
      [20, () => [scraped(1, 'x'.repeat(1024 * 1024))]],
    ] as const) {
      const publisher = openPubSub('test', { endpoint, timeoutMs: 4000 });
      const startedAt = performance.now();
      const tookMs: number[] = [];
      const outcomes = await Promise.allSettled(
        Array.from({ length: calls }, () =>
          publisher.publish(make()).finally(() => tookMs.push(performance.now() - startedAt)),
        ),
      );
      assert.ok(Math.max(...tookMs) < 8000, `what waits has no more time than what is sent: ${Math.max(...tookMs)} ms`);
      const reasons = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as Error);
      const refused = reasons.filter(({ message }) => /no more/.test(message));
      assert.ok(refused.length > 0 && refused.length < calls, `${refused.length} refused`);
      assert.ok(reasons.every((reason) => reason instanceof RetryableError));
      await assert.rejects(publisher.publish([scraped(1)]), /took no messages/);
      await publisher.close();
    }
  });
});

test('without credentials it says so, is retryable, and can be closed', async () => {
  const { GOOGLE_APPLICATION_CREDENTIALS: credentials, PUBSUB_EMULATOR_HOST: host } = process.env;
  process.env.GOOGLE_APPLICATION_CREDENTIALS = '/there/is/no/such/file.json';
  delete process.env.PUBSUB_EMULATOR_HOST;
  try {
    const publisher = openPubSub('test');
    for (let time = 0; time < 2; time++) {
      await assert.rejects(publisher.publish([scraped(1)]), (error) => {
        assert.ok(error instanceof RetryableError);
        assert.match(error.message, /Topic scraped of project test took no messages: .*no such file/);
        return true;
      });
    }
    await publisher.close();
  } finally {
    restore('GOOGLE_APPLICATION_CREDENTIALS', credentials);
    restore('PUBSUB_EMULATOR_HOST', host);
  }
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

test('an error says what is missing, and only one that a message is to blame for is not retryable', () => {
  const on = { topic: 'scraped', projectId: 'p', timeoutMs: 10_000 };
  const cause = (code?: number) => Object.assign(new Error('so it is'), { code });
  for (const [code, text] of [
    [5, /does not exist/],
    [7, /roles\/pubsub.publisher/],
    [16, /does not know who publishes/],
    [4, /within 10000 ms/],
    [14, /within 10000 ms/],
    [8, /took no messages: so it is/],
    [undefined, /took no messages: so it is/],
  ] as const) {
    const error = publishError(cause(code), on);
    assert.ok(error instanceof RetryableError);
    assert.match(error.message, text);
    assert.equal((error.cause as Error).message, 'so it is');
  }
  const blamed = publishError(cause(3), on);
  assert.ok(!(blamed instanceof RetryableError));
  assert.match(blamed.message, /Topic scraped of project p refuses a message: so it is/);
});
