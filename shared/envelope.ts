import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidMessageError } from './errors.ts';
import { describeIssues, plainMessage } from './schema-messages.ts';

/** Version of the messages of this deployment, in the attribute `event_version`. */
export const eventVersion = '1';

/** The documented body of a Pub/Sub push request. */
const pushBody = z.object({
  message: z.object({
    data: z.string().default(''),
    attributes: z.record(z.string(), z.string()).default({}),
    messageId: z.string(),
    publishTime: z.string().optional(),
  }),
  subscription: z.string(),
  deliveryAttempt: z.number().optional(),
});

/** A delivered message: its JSON decoded, not yet held against the schema of its stage. */
export interface Envelope {
  data: unknown;
  attributes: Record<string, string>;
  messageId: string;
  subscription: string;
  /** How often this message was delivered, this time included; undefined where the subscription does not count. */
  deliveryAttempt: number | undefined;
}

/**
 * Reads a push request.
 *
 * @throws {InvalidMessageError} when the body is no push envelope, or its data is not base64 of JSON, or nested deeper
 * than anything that we could keep.
 * @see https://cloud.google.com/pubsub/docs/push#receive_push
 */
export function parseEnvelope(body: unknown): Envelope {
  const parsed = pushBody.safeParse(body, { error: plainMessage });
  if (!parsed.success) {
    throw new InvalidMessageError(`Not a Pub/Sub push envelope: ${describeIssues(parsed.error.issues)}`);
  }
  const { message, subscription, deliveryAttempt } = parsed.data;
  return {
    data: parseData(message.data, message.messageId),
    attributes: message.attributes,
    messageId: message.messageId,
    subscription,
    deliveryAttempt,
  };
}

/** The id of a message that may be no envelope in all else. */
export function messageIdOf(body: unknown): string | undefined {
  const message = (body as { message?: { messageId?: unknown } | null } | null | undefined)?.message;
  return typeof message?.messageId === 'string' ? message.messageId : undefined;
}

/** What to call a push request that names no article and no page: two that differ are two. */
export function subjectOfRequest(body: unknown): string {
  return (
    messageIdOf(body) ??
    `unreadable push request ${createHash('sha256').update(jsonOf(body)).digest('hex').slice(0, 16)}`
  );
}

/** The JSON of what came in a request; of what is nested too deeply to be written, a text that says so. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(isDeeperThan(value, maxDepth) ? `nested deeper than ${maxDepth} levels` : (value ?? null));
}

/** Far beyond what any message has, and far from where writing it, or Postgres reading it, runs out of stack. */
const maxDepth = 200;

/** Level by level, because a recursion is what such a value breaks. */
function isDeeperThan(value: unknown, depth: number): boolean {
  let level = [value];
  for (let count = 0; level.length > 0; count++) {
    if (count > depth) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}

function parseData(data: string, messageId: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  } catch (cause) {
    throw new InvalidMessageError(`The data of message ${messageId} is not base64 of JSON`, { cause });
  }
  if (!isDeeperThan(value, maxDepth)) return value;
  throw new InvalidMessageError(`The data of message ${messageId} is nested deeper than ${maxDepth} levels`);
}

/** Writes a push request as Pub/Sub does: the counterpart of `parseEnvelope`, for buses that stand in for it. */
export function formatEnvelope(message: {
  data: unknown;
  attributes: Record<string, string>;
  messageId: string;
  publishTime: Date;
  subscription: string;
  deliveryAttempt: number;
}): object {
  return {
    message: {
      data: Buffer.from(JSON.stringify(message.data)).toString('base64'),
      attributes: message.attributes,
      messageId: message.messageId,
      publishTime: message.publishTime.toISOString(),
    },
    subscription: message.subscription,
    deliveryAttempt: message.deliveryAttempt,
  };
}
