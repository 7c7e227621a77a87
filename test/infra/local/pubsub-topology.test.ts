import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { PubSub } from '@google-cloud/pubsub';
import type { PubSubEmulator } from '../../../infra/local/pubsub-emulator.ts';
import { applyTopology } from '../../../infra/local/pubsub-topology.ts';
import { ConfigError } from '../../../shared/errors.ts';
import { type Subscription, subscriptions, topics } from '../../../shared/pipeline.ts';
import type { OutgoingMessage } from '../../../shared/publisher.ts';
import { openPubSub } from '../../../shared/pubsub.ts';
import { openPubSubClient } from '../../../shared/pubsub-client.ts';
import { openTestEmulator, uniqueProject, withoutEmulator } from '../../support/pubsub-emulator.ts';

describe('the topology on the emulator', { skip: withoutEmulator }, () => {
  let emulator: PubSubEmulator;
  let client: PubSub;
  let projectId: string;
  let server: Server;
  const pushed: string[] = [];
  let wake = () => {};
  const urlOf = (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`;
  const message: OutgoingMessage = { topic: 'scraped', data: {}, attributes: { event_version: '1' } };

  before(async () => {
    emulator = await openTestEmulator();
    projectId = uniqueProject();
    client = openPubSubClient(projectId, emulator.endpoint);
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        pushed.push(request.url!);
        response.writeHead(204).end();
        wake();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    await client.close();
    await emulator.stop();
    server.closeAllConnections();
    server.close();
  });

  test('topics, dead-letter topics and push subscriptions are those of the table, as deployed', async () => {
    await applyTopology(client, { subscriptions: subscriptions(), urlOf });
    const deadLetters = ['scrape', 'enrich', 'embed', 'sync'].map((name) => `${name}-dead-letters`);
    const [made] = await client.getTopics();
    assert.deepEqual(made.map(({ name }) => name.split('/').at(-1)).sort(), [...topics, ...deadLetters].sort());
    const [subscribed] = await client.getSubscriptions();
    assert.equal(subscribed.length, subscriptions().length);

    const [enrich] = await client.subscription('enrich').getMetadata();
    assert.equal(enrich.topic, `projects/${projectId}/topics/scraped`);
    assert.equal(enrich.pushConfig!.pushEndpoint, urlOf('enrich'));
    assert.equal(enrich.ackDeadlineSeconds, 600);
    assert.equal(enrich.retainAckedMessages, true);
    assert.equal(Number(enrich.messageRetentionDuration!.seconds), 604_800);
    assert.equal(Number(enrich.retryPolicy!.minimumBackoff!.seconds), 10);
    assert.equal(Number(enrich.retryPolicy!.maximumBackoff!.seconds), 600);
    assert.deepEqual(enrich.deadLetterPolicy, {
      deadLetterTopic: `projects/${projectId}/topics/enrich-dead-letters`,
      maxDeliveryAttempts: 20,
    });
    const [quarantine] = await client.subscription('enrich-dead-letters').getMetadata();
    assert.equal(quarantine.pushConfig!.pushEndpoint, urlOf('quarantine'));
    assert.equal(quarantine.deadLetterPolicy, null);
  });

  test('applied again it changes nothing, and other settings and addresses are taken on', async () => {
    const before = await client.subscription('enrich').getMetadata();
    await applyTopology(client, { subscriptions: subscriptions(), urlOf });
    assert.deepEqual((await client.subscription('enrich').getMetadata())[0], before[0]);

    const others = subscriptions().map((entry) => ({ ...entry, ackDeadlineSeconds: 30, minBackoffSeconds: 0.5 }));
    await applyTopology(client, { subscriptions: others, urlOf: (name) => `${urlOf(name)}/moved` });
    const [enrich] = await client.subscription('enrich').getMetadata();
    assert.equal(enrich.ackDeadlineSeconds, 30);
    assert.deepEqual(
      [Number(enrich.retryPolicy!.minimumBackoff!.seconds), enrich.retryPolicy!.minimumBackoff!.nanos],
      [0, 500_000_000],
    );
    const publisher = openPubSub(projectId, { endpoint: emulator.endpoint });
    const arrived = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await publisher.publish([message]);
    await arrived;
    await publisher.close();
    assert.deepEqual(pushed, ['/enrich/moved']);
  });

  test('what Pub/Sub does not do is refused by name, also where the emulator would take it', async () => {
    const apply = (fields: Partial<Subscription>) =>
      applyTopology(client, { subscriptions: [{ ...subscriptions()[0]!, ...fields }], urlOf });
    for (const [fields, pattern] of [
      [{ maxDeliveryAttempts: 4 }, /scrape: maxDeliveryAttempts is 4, Pub\/Sub takes 5 to 100/],
      [{ ackDeadlineSeconds: 601 }, /ackDeadlineSeconds is 601/],
      [{ maxBackoffSeconds: 3600 }, /maxBackoffSeconds is 3600/],
      [{ topic: 'synced' }, /Subscription scrape is on .*requested, expected .*synced/],
    ] as const) {
      await assert.rejects(apply(fields), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, pattern);
        return true;
      });
    }
  });
});
