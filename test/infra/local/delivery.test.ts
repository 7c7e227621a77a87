import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPublished, countDelivery, warnOfWaiting } from '../../../infra/local/delivery.ts';
import { createRecorder } from '../../support/articles.ts';

const message = { topic: 'scraped' as const, data: {}, attributes: {} };

test('what is refused is counted, with the reason, and still refused', async () => {
  const recorder = createRecorder();
  const { publisher, delivery } = countDelivery(recorder.publisher);
  await publisher.publish([message, message]);
  recorder.failWith = new Error('no broker');
  await assert.rejects(publisher.publish([message]), /no broker/);
  assert.deepEqual(delivery, { published: 2, waiting: 1, reason: 'no broker' });
});

test('those that wait are a warning, and a failure where none was published', (context) => {
  const warn = context.mock.method(console, 'error', () => {});
  const delivery = { published: 2, waiting: 0, reason: undefined };
  warnOfWaiting(delivery);
  assert.equal(warn.mock.callCount(), 0);
  const some = { published: 2, waiting: 1, reason: 'no broker' };
  warnOfWaiting(some);
  assert.deepEqual(warn.mock.calls[0]!.arguments, [
    'warning: 1 of 3 messages wait in the outbox: no broker; reconcile publishes them',
  ]);
  for (const fine of [delivery, some, { published: 0, waiting: 0, reason: undefined }]) checkPublished(fine);
  assert.throws(() => checkPublished({ published: 0, waiting: 1, reason: 'no broker' }), /nothing was published/);
});
