import type { Request, Response } from '@google-cloud/functions-framework';
import { ProblemError } from './problem.ts';

type Application = Request['app'];

const described = new WeakSet<Application>();

/**
 * Makes problems of what the framework refuses before the function is called: a path or a body that cannot be read.
 * The framework shows its application with a request alone, so that this holds from the first one on.
 */
export function describeRefusals(app: Application, send: (response: Response, problem: ProblemError) => void): void {
  if (described.has(app)) return;
  described.add(app);
  // Express knows by the number of its parameters that it takes errors.
  app.use((error: unknown, _request: Request, response: Response, next: (error: unknown) => void) => {
    const { status } = error as { status?: unknown };
    const isRefusal = typeof status === 'number' && status >= 400 && status < 500;
    if (!isRefusal || response.headersSent) next(error);
    else send(response, new ProblemError(status, 'The path or the body of the request cannot be read.'));
  });
}
