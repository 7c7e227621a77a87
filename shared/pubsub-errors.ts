import { errorMessage, RetryableError } from './errors.ts';

/** The status codes of gRPC that Pub/Sub answers a publish request with. */
const code = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What another try within seconds can help. */
export const retriedCodes: readonly number[] = [
  code.deadlineExceeded,
  code.resourceExhausted,
  code.aborted,
  code.internal,
  code.unavailable,
];

/**
 * Says what became of a publish request, with what makes it work.
 *
 * All are retryable, as what is missing may be made any time, but one: a request that Pub/Sub calls invalid has a
 * message in it that is to blame, and the others need not fail with it.
 */
export function publishError(cause: unknown, on: { topic: string; projectId: string; timeoutMs: number }): Error {
  const topic = `Topic ${on.topic} of project ${on.projectId}`;
  const text = errorMessage(cause);
  switch ((cause as { code?: unknown } | null)?.code) {
    case code.notFound:
      return new RetryableError(
        `${topic} does not exist: infra/gcp makes it where functions are deployed, "npx destaques serve --bus emulator" on an emulator`,
        { cause },
      );
    case code.permissionDenied:
      return new RetryableError(
        `${topic} may not be published to: the role roles/pubsub.publisher is missing (${text})`,
        {
          cause,
        },
      );
    case code.unauthenticated:
      return new RetryableError(`${topic} does not know who publishes: ${text}`, { cause });
    case code.deadlineExceeded:
    case code.unavailable:
      return new RetryableError(`${topic} took no messages within ${on.timeoutMs} ms: ${text}`, { cause });
    case code.invalidArgument:
      return new Error(`${topic} refuses a message: ${text}`, { cause });
    default:
      return new RetryableError(`${topic} took no messages: ${text}`, { cause });
  }
}
