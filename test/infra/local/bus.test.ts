import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, createBus, type Push } from '../../../infra/local/bus.ts';
import { parseEnvelope } from '../../../shared/envelope.ts';
import type { Subscription } from '../../../shared/pipeline.ts';
import type { OutgoingMessage } from '../../../shared/publisher.ts';
import { createRecorder } from '../../support/articles.ts';

const enrich: Subscription = {
  name: 'enrich',
  topic: 'scraped',
  function: 'enrich',
  deadLetterTopic: 'enrich-dead-letters',
  ackDeadlineSeconds: 5,
  minBackoffSeconds: 0.02,
  maxBackoffSeconds: 0.05,
  maxDeliveryAttempts: 4,
  retentionSeconds: 600,
};
const { deadLetterTopic, ...plain } = enrich;
const deadLetters: Subscription = { ...plain, name: deadLetterTopic!, topic: deadLetterTopic!, function: 'quarantine' };
const scraped = (number: number): OutgoingMessage => ({ topic: 'scraped', data: { number }, attributes: { own: 'x' } });
const numberOf = (body: object) => (parseEnvelope(body).data as { number: number }).number;

/** A bus on which every push is answered by `answer`. */
function open(answer: Push, subscriptions: Subscription[] = [enrich], concurrency = 10): Bus {
  const { log } = createRecorder();
  return createBus({ subscriptions, push: answer, concurrency: () => concurrency, log });
}

test('delivers every message to every subscription of its topic, in the envelope of Pub/Sub', async () => {
  const pushed: [string, object][] = [];
  const other = { ...enrich, name: 'other' };
  const bus = open(async ({ name }, body) => pushed.push([name, body]) && 204, [enrich, other, deadLetters]);
  await bus.publish([scraped(1), scraped(2), { ...scraped(3), topic: 'synced' }]);
  await bus.idle();
  assert.deepEqual(pushed.map(([name, body]) => `${name} ${numberOf(body)}`).sort(), [
    'enrich 1',
    'enrich 2',
    'other 1',
    'other 2',
  ]);
  const { messageId, ...envelope } = parseEnvelope(pushed[0]![1]);
  assert.deepEqual(envelope, {
    data: { number: 1 },
    attributes: { own: 'x' },
    subscription: 'enrich',
    deliveryAttempt: 1,
  });
  assert.equal(new Set(pushed.map(([, body]) => parseEnvelope(body).messageId)).size, 2, 'one id a message');
  assert.match(messageId, /./);
  assert.deepEqual(
    [...bus.published],
    [
      ['scraped', 2],
      ['synced', 1],
    ],
  );
  await bus.close();
});

test('is idle at once without messages', async () => {
  const bus = open(async () => 204);
  await bus.idle();
  await bus.publish([{ ...scraped(1), topic: 'synced' }]);
  await bus.idle();
  await bus.close();
});

test('has no more pushes in flight than its subscription takes, and takes as many', async () => {
  let inFlight = 0;
  let most = 0;
  const bus = open(
    async () => {
      most = Math.max(most, ++inFlight);
      await sleep(2);
      inFlight--;
      return 204;
    },
    [enrich],
    3,
  );
  await bus.publish(Array.from({ length: 20 }, (_, index) => scraped(index)));
  await bus.idle();
  assert.equal(most, 3);
  await bus.close();
});

test('a message that is refused comes again, later each time up to the longest backoff, and others do not wait for it', async () => {
  const times: number[] = [];
  const attempts: (number | undefined)[] = [];
  let othersDoneAt = 0;
  const bus = open(
    async (_subscription, body) => {
      if (numberOf(body) !== 0) {
        othersDoneAt = performance.now();
        return 204;
      }
      times.push(performance.now());
      attempts.push(parseEnvelope(body).deliveryAttempt);
      return times.length < 5 ? 500 : 204;
    },
    [{ ...enrich, minBackoffSeconds: 0.04, maxBackoffSeconds: 0.1, maxDeliveryAttempts: 9 }],
    1,
  );
  await bus.publish([scraped(0), scraped(1), scraped(2)]);
  await bus.idle();
  assert.deepEqual(attempts, [1, 2, 3, 4, 5]);
  const waits = times.slice(1).map((time, index) => time - times[index]!);
  [40, 80, 100, 100].forEach((expected, index) => {
    assert.ok(waits[index]! >= expected - 2, `wait ${index + 1} is ${waits[index]} ms`);
  });
  assert.ok(waits[3]! < 160, `the longest backoff is a bound: ${waits[3]} ms`);
  assert.ok(othersDoneAt < times[1]!);
  await bus.close();
});

test('a message that is never taken goes to the dead letters after its attempts, with the attributes of Pub/Sub', async () => {
  const dead: object[] = [];
  let attempts = 0;
  const bus = open(
    async ({ name }, body) => {
      if (name === deadLetters.name) return dead.push(body) && 204;
      attempts++;
      return attempts % 2 ? 500 : 302;
    },
    [enrich, deadLetters],
  );
  await bus.publish([scraped(1)]);
  await bus.idle();
  assert.equal(attempts, 4);
  assert.equal(dead.length, 1);
  const { data, attributes, deliveryAttempt } = parseEnvelope(dead[0]);
  assert.deepEqual(data, { number: 1 });
  assert.deepEqual(attributes, {
    own: 'x',
    CloudPubSubDeadLetterSourceSubscription: 'enrich',
    CloudPubSubDeadLetterSourceDeliveryCount: '4',
  });
  assert.equal(deliveryAttempt, 1);
  await bus.close();
});

test('without a dead-letter topic a message comes until it is taken', async () => {
  let attempts = 0;
  const bus = open(
    async () => (++attempts < 9 ? 500 : 204),
    [{ ...deadLetters, topic: 'scraped', minBackoffSeconds: 0.001 }],
  );
  await bus.publish([scraped(1)]);
  await bus.idle();
  assert.equal(attempts, 9);
  await bus.close();
});

test('a push that fails on the way, and one that is not answered within the ack deadline, come again', async () => {
  const seen: string[] = [];
  const bus = open(
    async (_subscription, _body, signal) => {
      seen.push('push');
      if (seen.length === 1) throw new Error('ECONNREFUSED');
      if (seen.length > 2) return 204;
      return await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
    [{ ...enrich, ackDeadlineSeconds: 0.05 }],
  );
  const startedAt = performance.now();
  await bus.publish([scraped(1)]);
  await bus.idle();
  assert.equal(seen.length, 3);
  assert.ok(performance.now() - startedAt >= 50);
  await bus.close();
});

test('is idle only when messages published on the way are done as well', async () => {
  const done: number[] = [];
  const bus = open(async (_subscription, body) => {
    const number = numberOf(body);
    await sleep(2);
    if (number < 5) await bus.publish([scraped(number + 1)]);
    done.push(number);
    return 204;
  });
  await bus.publish([scraped(1)]);
  await bus.idle();
  assert.deepEqual(done, [1, 2, 3, 4, 5]);
  await bus.close();
});

test('closing aborts what is in flight, drops what waits, wakes who waits for idle, and refuses more', async () => {
  let aborted = 0;
  let pushes = 0;
  const bus = open(
    async (_subscription, _body, signal) => {
      pushes++;
      await sleep(60_000, undefined, { signal }).catch((error: Error) => {
        aborted++;
        throw error;
      });
      return 204;
    },
    [enrich],
    2,
  );
  await bus.publish([scraped(1), scraped(2), scraped(3)]);
  const idle = bus.idle();
  await bus.close();
  await idle;
  await bus.idle();
  await sleep(30);
  assert.deepEqual([pushes, aborted], [2, 2]);
  await assert.rejects(bus.publish([scraped(4)]), /closed/);
});

test('an answer that comes after closing is neither tried again nor dead-lettered', async () => {
  let pushes = 0;
  let answer: (status: number) => void = () => {};
  const push: Push = () => {
    pushes++;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  for (const maxDeliveryAttempts of [1, 5]) {
    const bus = open(push, [{ ...enrich, maxDeliveryAttempts, minBackoffSeconds: 0.001 }, deadLetters]);
    await bus.publish([scraped(1)]);
    await bus.close();
    answer(500);
    await sleep(20);
    assert.equal(bus.published.get(deadLetterTopic!), undefined);
  }
  assert.equal(pushes, 2);
});
