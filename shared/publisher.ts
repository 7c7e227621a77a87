import type { Topic } from './pipeline.ts';

/** A message as a topic takes it: small JSON, and attributes that are text. */
export interface OutgoingMessage {
  topic: Topic;
  data: unknown;
  attributes: Record<string, string>;
}

/** Puts messages on topics: Pub/Sub when deployed, the in-process bus on one machine. */
export interface Publisher {
  /** Returns when all messages are accepted. @throws when one is not; the others may be published. */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  /** Waits for what is on its way. */
  close(): Promise<void>;
}
