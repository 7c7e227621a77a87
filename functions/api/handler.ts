import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework';
import { errorText } from '../../shared/errors.ts';
import { traceAttributesOf, traceLogField, traceparentFrom } from '../../shared/trace.ts';
import { ProblemError, problemDetails } from './problem.ts';
import { type Answer, type RouteDeps, routes } from './routes.ts';

/** Of every answer. Whoever wants to build on the news may, from any page: there is nothing here that is not public. */
const commonHeaders = { 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' };

/** The HTTP function for people and programs that read. Its paths are routed here. */
export function createHandler(deps: RouteDeps & { projectId?: string }): HttpFunction {
  return async (request, response) => {
    const startedAt = performance.now();
    const traceparent = traceparentFrom(traceAttributesOf(request));
    const fields: Record<string, unknown> = { stage: 'api', ...traceLogField(traceparent, deps.projectId) };
    let problem: ProblemError | undefined;
    try {
      const { body, maxAgeSeconds } = await route(request, deps, fields);
      const cacheControl = maxAgeSeconds > 0 ? `public, max-age=${maxAgeSeconds}` : 'no-store';
      send(response, 200, { 'content-type': 'application/json', 'cache-control': cacheControl }, body);
    } catch (error) {
      problem =
        error instanceof ProblemError
          ? error
          : new ProblemError(500, 'The request failed for a reason of our own.', { cause: error });
      const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...problem.headers };
      send(response, problem.status, headers, problemDetails(problem));
    }
    fields.status = problem?.status ?? 200;
    fields.durationMs = Math.round(performance.now() - startedAt);
    if (problem && problem.status >= 500)
      deps.log.error('request failed', { ...fields, error: errorText(problem.cause) });
    else deps.log.info('request done', fields);
  };
}

async function route(request: Request, deps: RouteDeps, fields: Record<string, unknown>): Promise<Answer> {
  for (const { name, path, answer } of routes) {
    const match = path.exec(request.path);
    if (!match) continue;
    fields.route = name;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new ProblemError(405, `${name} can only be read.`, { headers: { allow: 'GET, HEAD' } });
    }
    const [, ...query] = request.originalUrl.split('?');
    // The framework has refused a path that cannot be decoded.
    return await answer(new URLSearchParams(query.join('?')), deps, decodeURIComponent(match[1] ?? ''));
  }
  throw new ProblemError(404, `There is nothing at this path; there is ${routes.map(({ name }) => name).join(', ')}.`);
}

function send(response: Response, status: number, headers: Record<string, string>, body: object): void {
  response
    .status(status)
    .set({ ...commonHeaders, ...headers })
    .send(JSON.stringify(body));
}
