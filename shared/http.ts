import type { HttpFunction } from '@google-cloud/functions-framework';
import type { z } from 'zod';
import { errorMessage, errorText, PermanentError } from './errors.ts';
import type { Logger } from './log.ts';
import { describeIssues, plainMessage } from './schema-messages.ts';
import { contextFrom, type StageContext } from './stage-context.ts';
import { traceAttributesOf, traceLogField } from './trace.ts';

/** One operation: what a call may ask for, and what is done. */
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
 * cannot be done as asked, 405 when it is no POST, 500 when it may succeed later (Cloud Scheduler tries again).
 */
export function createOperation<T>(
  options: OperationOptions<T>,
  deps: { log: Logger; projectId?: string },
): HttpFunction {
  return postOnly(async (request, response) => {
    const startedAt = performance.now();
    const context = contextFrom(traceAttributesOf(request));
    const fields = { stage: options.name, ...traceLogField(context.attributes.traceparent!, deps.projectId) };
    try {
      const parsed = options.schema.safeParse(isEmpty(request.body) ? {} : request.body, { error: plainMessage });
      if (!parsed.success)
        throw new PermanentError(`The request is not usable: ${describeIssues(parsed.error.issues)}`);
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
      response.status(status).json({ error: errorMessage(error) });
    }
  });
}

/**
 * The HTTP function of what is started by POST alone. Any other method is answered 405 and starts nothing: a browser,
 * a link preview or a monitor that looks at the address neither runs an operation nor leaves an unreadable message.
 */
export function postOnly(handler: HttpFunction): HttpFunction {
  return (request, response) => {
    if (request.method === 'POST') return handler(request, response);
    response
      .status(405)
      .set('allow', 'POST')
      .json({ error: `Only POST is taken here, not ${request.method}` });
  };
}

/** Without a JSON content type the framework leaves the body as bytes, no body included. */
function isEmpty(body: unknown): boolean {
  return !body || (Buffer.isBuffer(body) && body.length === 0);
}
