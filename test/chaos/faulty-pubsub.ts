/**
 * Stands in the place of shared/pubsub.ts in a function instance under test: publishes to the real client or to the bus
 * of the run, and fails at times, with the messages out or not.
 */
import type { OutgoingMessage, Publisher } from '../../shared/publisher.ts';
import { fails } from './instance-faults.ts';

/** The same module under another address: the hook lets it pass. */
const real = '../../shared/pubsub.ts?real';

export function openPubSub(projectId?: string): Publisher {
  const busUrl = process.env.CHAOS_BUS_URL;
  const opened = busUrl
    ? Promise.resolve(httpPublisher(busUrl))
    : (import(real) as Promise<typeof import('../../shared/pubsub.ts')>).then((module) => module.openPubSub(projectId));
  return {
    publish: async (messages) => {
      if (fails()) throw new Error('Told to fail: nothing is published');
      await (await opened).publish(messages);
      if (fails()) throw new Error('Told to fail: the messages are out');
    },
    close: async () => (await opened).close(),
  };
}

function httpPublisher(url: string): Publisher {
  return {
    publish: async (messages: readonly OutgoingMessage[]) => {
      const headers = { 'content-type': 'application/json' };
      const signal = AbortSignal.timeout(10_000);
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(messages), signal });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`The bus answers ${answer.status}`);
    },
    close: async () => {},
  };
}
