import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import type { Database } from './database.ts';
import { type Envelope, eventVersion, messageIdOf, parseEnvelope } from './envelope.ts';
import { errorText, InvalidMessageError, PermanentError } from './errors.ts';
import type { Logger } from './log.ts';
import { recordFailure } from './sql/quarantine.ts';
import { traceLogField, traceparentFrom } from './trace.ts';

/** What the work of a stage gets beside the data of its message. */
export interface StageContext {
  /** Attributes of every message that this work publishes: the event version, and the trace it belongs to. */
  attributes: Record<string, string>;
  /** Attempt of this delivery, 1 for the first; undefined where the subscription does not count. */
  deliveryAttempt: number | undefined;
}

export interface StageOptions<T> {
  /** Name of the function, as in the pipeline's table. */
  stage: string;
  schema: z.ZodType<T>;
  /** The subject under which a failure is recorded: the article's unique_id, or a URL. */
  subject(data: T): string;
  /** Does the work; the fields it returns go into the log line of the message. */
  work(data: T, context: StageContext): Promise<Record<string, unknown>>;
}

export interface StageDeps {
  db: Database;
  log: Logger;
  projectId?: string;
}

/** An article's message: a nudge; the row decides. */
export const articleMessage = z.object({ unique_id: z.string().min(1).max(120), version: z.number().int() });
export type ArticleMessage = z.infer<typeof articleMessage>;

/**
 * The HTTP function of a stage: parses the push envelope, does the work, and answers by the class of the error.
 * 204 acknowledges: the work is done, or can never succeed and is recorded in quarantine. 500 asks for redelivery.
 */
export function createStage<T>(options: StageOptions<T>, deps: StageDeps): HttpFunction {
  return async (request, response) => {
    const startedAt = performance.now();
    const messageId = messageIdOf(request.body);
    const fields: Record<string, unknown> = { stage: options.stage, messageId };
    const finish = (status: number, severity: 'info' | 'warning' | 'error', message: string) => {
      fields.durationMs = Math.round(performance.now() - startedAt);
      deps.log[severity](message, fields);
      response.status(status).end();
    };
    let envelope: Envelope | undefined;
    try {
      envelope = parseEnvelope(request.body);
      const traceparent = traceparentFrom(envelope.attributes);
      fields.deliveryAttempt = envelope.deliveryAttempt;
      Object.assign(fields, traceLogField(traceparent, deps.projectId));
      const data = parseData(options.schema, envelope);
      fields.subject = options.subject(data);
      const context = {
        attributes: { event_version: eventVersion, traceparent },
        deliveryAttempt: envelope.deliveryAttempt,
      };
      Object.assign(fields, await options.work(data, context));
      finish(204, 'info', 'message done');
    } catch (error) {
      fields.error = errorText(error);
      if (!(error instanceof PermanentError)) return finish(500, 'warning', 'message failed, to be redelivered');
      try {
        await recordFailure(deps.db, {
          stage: options.stage,
          subject: String(fields.subject ?? messageId ?? 'unreadable push request'),
          data: envelope?.data ?? request.body,
          attributes: envelope?.attributes ?? {},
          error: errorText(error),
        });
      } catch (recordError) {
        fields.recordError = errorText(recordError);
        return finish(500, 'error', 'failure could not be recorded, message to be redelivered');
      }
      finish(204, 'error', 'message failed for good, recorded in quarantine');
    }
  };
}

function parseData<T>(schema: z.ZodType<T>, envelope: Envelope): T {
  const version = envelope.attributes.event_version;
  if (version !== eventVersion) {
    throw new InvalidMessageError(
      `Message ${envelope.messageId} has event_version ${version ?? '(none)'}, this deployment reads ${eventVersion}`,
    );
  }
  const parsed = schema.safeParse(envelope.data);
  if (parsed.success) return parsed.data;
  throw new InvalidMessageError(`Message ${envelope.messageId} is not usable: ${z.prettifyError(parsed.error)}`);
}
