import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cron } from 'croner';
import { nextTopic, stages, topicOf } from '../../shared/pending.ts';
import { deadLetterTopic, pipeline, subscriptions, topics } from '../../shared/pipeline.ts';

const withDelivery = pipeline.filter((entry) => entry.delivery !== undefined);

test('every topic but the last has one publisher and one function that it starts', () => {
  for (const topic of topics) {
    assert.equal(pipeline.filter(({ publishes }) => publishes === topic).length, 1, topic);
    const started = pipeline.filter(({ trigger }) => trigger.kind === 'topic' && trigger.topic === topic);
    assert.equal(started.length, topic === 'synced' ? 0 : 1, topic);
  }
});

test('a push is not sent again while its function may still work on it', () => {
  for (const { name, delivery, timeoutSeconds } of withDelivery) {
    assert.ok(delivery!.ackDeadlineSeconds >= timeoutSeconds, name);
  }
});

test('attempts and backoff outlast an outage of two hours', () => {
  for (const { name, delivery } of withDelivery) {
    const { minBackoffSeconds, maxBackoffSeconds, maxDeliveryAttempts } = delivery!;
    let seconds = 0;
    for (let attempt = 1; attempt < maxDeliveryAttempts; attempt++) {
      seconds += Math.min(maxBackoffSeconds, minBackoffSeconds * 2 ** (attempt - 1));
    }
    assert.ok(seconds > 2 * 3600, `${name}: ${seconds} s`);
  }
});

test('stays within what Pub/Sub allows', () => {
  for (const { name, delivery } of withDelivery) {
    const { ackDeadlineSeconds, minBackoffSeconds, maxBackoffSeconds, maxDeliveryAttempts } = delivery!;
    assert.ok(ackDeadlineSeconds >= 10 && ackDeadlineSeconds <= 600, name);
    assert.ok(minBackoffSeconds >= 0 && minBackoffSeconds <= maxBackoffSeconds && maxBackoffSeconds <= 600, name);
    assert.ok(maxDeliveryAttempts >= 5 && maxDeliveryAttempts <= 100, name);
  }
});

test('everything runs in 2 GiB', () => {
  for (const { name, memoryMiB } of pipeline) assert.ok(memoryMiB <= 2048, name);
});

test('what a function gives up goes to quarantine, and what quarantine gives up goes nowhere', () => {
  const all = subscriptions();
  const started = pipeline.filter(({ trigger }) => trigger.kind === 'topic');
  assert.equal(all.length, 2 * started.length);
  for (const { name, trigger } of started) {
    const main = all.find((subscription) => subscription.function === name)!;
    assert.equal(main.topic, trigger.kind === 'topic' && trigger.topic);
    assert.equal(main.deadLetterTopic, deadLetterTopic(name));
    const dead = all.find((subscription) => subscription.topic === main.deadLetterTopic)!;
    assert.equal(dead.function, 'quarantine');
    assert.equal(dead.deadLetterTopic, undefined);
  }
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length, 'names are distinct');
});

test('the stages of an article stand in the order in which their topics start them', () => {
  for (const stage of stages) {
    const { trigger } = pipeline.find(({ name }) => name === stage)!;
    assert.deepEqual(trigger, { kind: 'topic', topic: topicOf[stage] });
  }
  const order = pipeline
    .map(({ name }) => name as string)
    .filter((name) => (stages as readonly string[]).includes(name));
  assert.deepEqual(order, [...stages]);
});

test('the next topic is that of the first later stage with work', () => {
  const none = { enrichPending: false, embedPending: false, syncPending: false };
  assert.equal(nextTopic('enrich', none), undefined);
  assert.equal(nextTopic('enrich', { ...none, embedPending: true, syncPending: true }), 'enriched');
  assert.equal(nextTopic('enrich', { ...none, syncPending: true }), 'embedded');
  assert.equal(nextTopic('embed', { ...none, enrichPending: true }), undefined);
  assert.equal(nextTopic('sync', { enrichPending: true, embedPending: true, syncPending: true }), undefined);
});

test('what is journaled is flushed often, and far below the 128 commits an hour that the Hub takes', () => {
  const { trigger } = pipeline.find(({ name }) => name === 'export')!;
  assert.ok(trigger.kind === 'cron' && trigger.also);
  const runs = new Cron(trigger.also.schedule).nextRuns(2) as [Date, Date];
  assert.equal(runs[1].getTime() - runs[0].getTime(), 15 * 60_000);
  assert.deepEqual(trigger.also.body, { only_journaled: true });
});
