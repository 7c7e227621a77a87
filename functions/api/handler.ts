import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework';
import type { Database } from '../../shared/database.ts';
import { errorText, RetryableError } from '../../shared/errors.ts';
import type { StageTargets } from '../../shared/pending.ts';
import { hasVectorsOf } from '../../shared/sql/embedding-column.ts';
import { traceAttributesOf, traceLogField, traceparentFrom } from '../../shared/trace.ts';
import { clientAddress } from './client-address.ts';
import { ClientGoneError, clientGone, TimeoutError, unavailable, within } from './deadline.ts';
import { entityTag, matchesTag } from './etag.ts';
import { describeRefusals } from './framework-errors.ts';
import { ProblemError, problemDetails } from './problem.ts';
import { type RateLimit, rateLimitHeaders } from './rate-limit.ts';
import { type Answer, type FoundRoute, findRoute, type RouteDeps, routes } from './routes.ts';
import { createVectorCheck } from './search/vector-check.ts';
import { BusyError, type Semaphore } from './semaphore.ts';
import { createStatusAnswer } from './status-answer.ts';
import { withStatementTimeout } from './timed-reads.ts';

export interface HandlerDeps extends Omit<RouteDeps, 'db' | 'hasVectors' | 'readStatus'> {
  db: Database;
  targets: StageTargets;
  /** Room for what keeps a connection long; as much as comes unless given. */
  slots?: Semaphore | undefined;
  /** None unless given. */
  rateLimit?: RateLimit | undefined;
  /** In front of this function: see `clientAddress`. */
  trustedProxies: number;
  projectId?: string;
}

/** What is sent, and what the log says of it. */
interface Reply {
  status: number;
  headers: Record<string, string>;
  body?: string;
  problem?: ProblemError;
}

const methods = 'GET, HEAD, OPTIONS';
/**
 * Of every answer. Whoever wants to build on the news may, from any page: there is nothing here that is not public. All
 * callers get the same, so that no answer varies by a header of the request.
 */
const commonHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, RateLimit, RateLimit-Policy, Retry-After',
  'x-content-type-options': 'nosniff',
};
const preflightHeaders = {
  allow: methods,
  'access-control-allow-methods': methods,
  'access-control-allow-headers': 'If-None-Match, traceparent',
  'access-control-max-age': '86400',
};

/** The HTTP function for people and programs that read. Its paths are routed here. */
export function createHandler(handlerDeps: HandlerDeps): HttpFunction {
  const deps = { ...handlerDeps, ...keptAnswers(handlerDeps) };
  return async (request, response) => {
    describeRefusals(request.app, sendProblem);
    const startedAt = performance.now();
    const traceparent = traceparentFrom(traceAttributesOf(request));
    const fields: Record<string, unknown> = { stage: 'api', ...traceLogField(traceparent, deps.projectId) };
    const { status, headers, body, problem } = await reply(request, response, { ...deps, fields });
    send(response, status, headers, body);
    fields.status = status;
    fields.durationMs = Math.round(performance.now() - startedAt);
    if (problem && status >= 500) deps.log.error('request failed', { ...fields, error: errorText(problem.cause) });
    else deps.log.info('request done', fields);
  };
}

/** What an instance asks the database for now and then, for all requests. */
function keptAnswers({ db, targets, slots, log, requestTimeoutMs }: HandlerDeps) {
  const reads = withStatementTimeout(db, requestTimeoutMs);
  return {
    readStatus: createStatusAnswer(db, targets, { timeoutMs: requestTimeoutMs, slots }),
    hasVectors: createVectorCheck({ hasVectors: (model) => hasVectorsOf(reads, model), log }),
  };
}

type ReplyDeps = HandlerDeps & RouteDeps;

async function reply(
  request: Request,
  response: Response,
  { fields, ...deps }: ReplyDeps & { fields: Record<string, unknown> },
): Promise<Reply> {
  const found = findRoute(request.path);
  if (found) fields.route = found.route.name;
  const limited = found?.route.isFree || request.method === 'OPTIONS' ? undefined : countRequest(request, deps);
  try {
    if (limited && !limited.isAllowed) {
      const retryAfter = String(limited.resetSeconds);
      throw new ProblemError(429, `More than ${deps.rateLimit!.perMinute} requests a minute came from your address.`, {
        headers: { 'retry-after': retryAfter },
      });
    }
    const { status, headers, body } = await answerRoute(request, found, deps, clientGone(response));
    return { status, headers: { ...headers, ...limited?.headers }, ...(body === undefined ? {} : { body }) };
  } catch (error) {
    const problem = toProblem(error);
    return {
      status: problem.status,
      headers: { ...problemHeaders(problem), ...limited?.headers },
      body: JSON.stringify(problemDetails(problem)),
      problem,
    };
  }
}

function countRequest(request: Request, { rateLimit, trustedProxies }: HandlerDeps) {
  if (!rateLimit) return undefined;
  const allowance = rateLimit.take(clientAddress(request, trustedProxies));
  return { ...allowance, headers: rateLimitHeaders(rateLimit, allowance) };
}

async function answerRoute(
  request: Request,
  found: FoundRoute | undefined,
  deps: ReplyDeps,
  gone: AbortSignal,
): Promise<Reply> {
  if (!found) {
    const names = routes.map(({ name }) => name).join(', ');
    throw new ProblemError(404, `There is nothing at this path; there is ${names}.`);
  }
  const { route } = found;
  if (request.method === 'OPTIONS') return { status: 204, headers: preflightHeaders };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new ProblemError(405, `${route.name} can only be read.`, { headers: { allow: methods } });
  }
  const [, ...query] = request.originalUrl.split('?');
  const parameters = new URLSearchParams(query.join('?'));
  // The framework has refused a path that cannot be decoded.
  const id = decodeURIComponent(found.id);
  const work = (deadline: AbortSignal) =>
    route.answer(parameters, deps, { id, deadline: AbortSignal.any([deadline, gone]) });
  const answer = await (route.isUntimed ? work(gone) : within(deps.requestTimeoutMs, 'the answer', work));
  return toReply(request, answer);
}

function toReply(request: Request, { body, maxAgeSeconds, tagged }: Answer): Reply {
  const text = JSON.stringify(body);
  if (maxAgeSeconds === 0) return { status: 200, headers: { ...json, 'cache-control': 'no-store' }, body: text };
  const etag = entityTag(tagged ? JSON.stringify(tagged) : text);
  const headers = { etag, 'cache-control': `public, max-age=${maxAgeSeconds}` };
  if (matchesTag(request.get('if-none-match'), etag)) return { status: 304, headers };
  return { status: 200, headers: { ...json, ...headers }, body: text };
}

/** For the log alone, as proxies write it: no status is registered for an answer that nobody reads. */
const clientClosedRequest = 499;
const json = { 'content-type': 'application/json' };

function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof ClientGoneError) return new ProblemError(clientClosedRequest, error.message);
  if (error instanceof BusyError) return unavailable('Too many searches are asked for at once.', error);
  if (error instanceof TimeoutError) return unavailable('The answer took too long.', error);
  if (error instanceof RetryableError) return unavailable('The database or the index does not answer.', error);
  return new ProblemError(500, 'The request failed for a reason of our own.', { cause: error });
}

function problemHeaders({ headers }: ProblemError): Record<string, string> {
  return { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers };
}

function sendProblem(response: Response, problem: ProblemError): void {
  send(response, problem.status, problemHeaders(problem), JSON.stringify(problemDetails(problem)));
}

function send(response: Response, status: number, headers: Record<string, string>, body?: string): void {
  response.status(status).set({ ...commonHeaders, ...headers });
  if (body === undefined) response.end();
  else response.send(body);
}
