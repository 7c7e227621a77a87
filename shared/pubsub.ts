import { PubSub, type Topic as PubSubTopic } from '@google-cloud/pubsub';
import type { OutgoingMessage, Publisher } from './publisher.ts';

/** Publishes to Google Cloud Pub/Sub, or to its emulator when `PUBSUB_EMULATOR_HOST` is set. Topics must exist. */
export function openPubSub(projectId?: string): Publisher {
  const client = new PubSub(projectId ? { projectId } : {});
  // One object a topic: each has a batch of its own.
  const topics = new Map<string, PubSubTopic>();
  const topicOf = (name: string) => {
    const topic = topics.get(name) ?? client.topic(name);
    topics.set(name, topic);
    return topic;
  };
  return {
    publish: async (messages: readonly OutgoingMessage[]) => {
      await Promise.all(
        messages.map((message) =>
          topicOf(message.topic).publishMessage({ json: message.data, attributes: message.attributes }),
        ),
      );
    },
    close: () => client.close(),
  };
}
