import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { eventVersion } from './envelope.ts';
import { errorText, PermanentError } from './errors.ts';
import type { Logger } from './log.ts';
import type { StageContext } from './stage.ts';
import { traceLogField, traceparentFrom } from './trace.ts';

export interface OperationOptions<T> {
  /** Name of the function, as in the pipeline's table. */
  name: string;
  /** Of the JSON body; an empty body counts as `{}`. */
  schema: z.ZodType<T>;
  /** Does the work; what it returns is the answer and goes into the log line. */
  work(request: T, context: StageContext): Promise<object>;
}

/**
 * The HTTP function of work that a schedule or an operator starts: 200 with the result as JSON, 400 when the request
 * cannot be done as asked, 500 when it may succeed later (Cloud Scheduler tries again).
 */
export function createOperation<T>(
  options: OperationOptions<T>,
  deps: { log: Logger; projectId?: string },
): HttpFunction {
  return async (request, response) => {
    const startedAt = performance.now();
    const given = request.get('traceparent');
    const traceparent = traceparentFrom(given ? { traceparent: given } : {});
    const fields: Record<string, unknown> = { stage: options.name, ...traceLogField(traceparent, deps.projectId) };
    try {
      const parsed = options.schema.safeParse(isEmpty(request.body) ? {} : request.body);
      if (!parsed.success) throw new PermanentError(`The request is not usable: ${z.prettifyError(parsed.error)}`);
      const context = { attributes: { event_version: eventVersion, traceparent }, deliveryAttempt: undefined };
      const result = await options.work(parsed.data, context);
      deps.log.info('run done', { ...fields, ...result, durationMs: Math.round(performance.now() - startedAt) });
      response.status(200).json(result);
    } catch (error) {
      const status = error instanceof PermanentError ? 400 : 500;
      deps.log.error('run failed', {
        ...fields,
        error: errorText(error),
        durationMs: Math.round(performance.now() - startedAt),
      });
      response.status(status).json({ error: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** Without a JSON content type the framework leaves the body as bytes, no body included. */
function isEmpty(body: unknown): boolean {
  return !body || (Buffer.isBuffer(body) && body.length === 0);
}
