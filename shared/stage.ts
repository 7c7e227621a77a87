import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import type { Database } from './database.ts';
import { type Envelope, eventVersion, messageIdOf, parseEnvelope, subjectOfRequest } from './envelope.ts';
import { errorText, InvalidMessageError, PermanentError, RetryableError } from './errors.ts';
import { postOnly } from './http.ts';
import type { Logger } from './log.ts';
import { describeIssues, plainMessage } from './schema-messages.ts';
import { recordFailure } from './sql/quarantine.ts';
import { contextFrom, type StageContext } from './stage-context.ts';
import { traceLogField } from './trace.ts';

/** One stage of the chain: what its messages look like, and what is done with them. */
export interface StageOptions<T> {
  /** Name of the function, as in the pipeline's table. */
  stage: string;
  schema: z.ZodType<T>;
  /** The subject under which a failure is recorded: the article's unique_id, or a URL. */
  subject(data: T): string;
  /** Does the work; the fields it returns go into the log line of the message. */
  work(data: T, context: StageContext): Promise<Record<string, unknown>>;
}

/** What every stage needs to answer for its messages. */
export interface StageDeps {
  db: Database;
  log: Logger;
  projectId?: string;
}

/** An article's message: a nudge; the row decides. */
export const articleMessage = z.object({ unique_id: z.string().min(1).max(120), version: z.number().int() });
/** @see articleMessage */
export type ArticleMessage = z.infer<typeof articleMessage>;

/**
 * The HTTP function of a stage: parses the push envelope, does the work, and answers by the class of the error.
 * 204 acknowledges: the work is done, or can never succeed and is recorded in quarantine. 500 asks for redelivery.
 */
export function createStage<T>(options: StageOptions<T>, deps: StageDeps): HttpFunction {
  return postOnly(async (request, response) => {
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
      const context = contextFrom(envelope.attributes);
      fields.deliveryAttempt = envelope.deliveryAttempt;
      Object.assign(fields, traceLogField(context.attributes.traceparent!, deps.projectId));
      const data = parseData(options.schema, envelope);
      fields.subject = options.subject(data);
      Object.assign(fields, await options.work(data, context));
      finish(204, 'info', 'message done');
    } catch (error) {
      fields.error = errorText(error);
      if (!(error instanceof PermanentError)) return finish(500, 'warning', 'message failed, to be redelivered');
      try {
        await recordFailure(deps.db, {
          stage: options.stage,
          subject: String(fields.subject ?? subjectOfRequest(request.body)),
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
  });
}

/** The HTTP function of a stage whose messages are about one article. */
export function createArticleStage(
  stage: string,
  worker: { handle(message: ArticleMessage, context: StageContext): Promise<Record<string, unknown>> },
  deps: StageDeps,
): HttpFunction {
  const subject = ({ unique_id: uniqueId }: ArticleMessage) => uniqueId;
  return createStage({ stage, schema: articleMessage, subject, work: worker.handle }, deps);
}

function parseData<T>(schema: z.ZodType<T>, envelope: Envelope): T {
  const version = envelope.attributes.event_version;
  if (version !== eventVersion) {
    // While a new deployment comes up, its messages reach instances of the old one too.
    if (/^\d{1,9}$/.test(version ?? '') && Number(version) > Number(eventVersion)) {
      throw new RetryableError(
        `Message ${envelope.messageId} has event_version ${version}, newer than the ${eventVersion} of this instance`,
      );
    }
    throw new InvalidMessageError(
      `Message ${envelope.messageId} has event_version ${version ?? '(none)'}, this deployment reads ${eventVersion}`,
    );
  }
  const parsed = schema.safeParse(envelope.data, { error: plainMessage });
  if (parsed.success) return parsed.data;
  throw new InvalidMessageError(`Message ${envelope.messageId} is not usable: ${describeIssues(parsed.error.issues)}`);
}
