import { eventVersion } from './envelope.ts';
import { traceparentFrom } from './trace.ts';

/** What the work of a message or a call hands on to the messages that it publishes. */
export interface StageContext {
  /** Attributes of every outgoing message: the event version, and the trace it belongs to. */
  attributes: Record<string, string>;
}

/** The context of work that was started with these attributes: their trace goes on, or a new one starts. */
export function contextFrom(attributes: Record<string, string> = {}): StageContext {
  return { attributes: { event_version: eventVersion, traceparent: traceparentFrom(attributes) } };
}
