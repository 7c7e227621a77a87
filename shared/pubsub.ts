import { PubSub } from '@google-cloud/pubsub';
import type { OutgoingMessage, Publisher } from './publisher.ts';

/** Publishes to Google Cloud Pub/Sub, or to its emulator when `PUBSUB_EMULATOR_HOST` is set. Topics must exist. */
export function openPubSub(projectId?: string): Publisher {
  const client = new PubSub(projectId ? { projectId } : {});
  return {
    publish: async (messages: readonly OutgoingMessage[]) => {
      await Promise.all(
        messages.map((message) =>
          client.topic(message.topic).publishMessage({ json: message.data, attributes: message.attributes }),
        ),
      );
    },
    close: () => client.close(),
  };
}
