import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Client } from 'typesense';
import { ConfigError, PermanentError, RetryableError } from './errors.ts';
import { askWithSecret, isRefusal, type Secret } from './secret.ts';

/** What a request carries, and how it may end. */
export interface TypesenseInput {
  query?: Record<string, string | boolean>;
  body?: object | string;
  headers?: Record<string, string>;
  /** An answer with this status is null, not an error. */
  nullOn?: number;
  /** Ends the request before its own time is up. */
  deadline?: AbortSignal | undefined;
}

/** Sends one request to the server, once. */
export type TypesenseRequest = <T>(
  method: 'get' | 'post' | 'put' | 'delete',
  path: string,
  input?: TypesenseInput,
) => Promise<T | null>;

/** What was asked for is not there: a collection that is being made, or one that was dropped. */
export class NotFoundError extends RetryableError {
  override name = 'NotFoundError';
}

type Answer<T> =
  | { body: T | null; status?: undefined; error?: undefined }
  | { status: number | undefined; error: Error };

/** @throws {ConfigError} from any request, when the server refuses the API key. */
export function createTypesenseRequest(options: {
  host: string;
  port: number;
  protocol: 'http' | 'https';
  apiKey: Secret;
  timeoutMs: number;
}): { request: TypesenseRequest; close(): void } {
  const { host, port, protocol, apiKey, timeoutMs } = options;
  const agents = { httpAgent: new HttpAgent({ keepAlive: true }), httpsAgent: new HttpsAgent({ keepAlive: true }) };
  const nodes = [{ host, port, protocol }];
  let last: { key: string; client: Client } | undefined;
  const open = async (key: string) => {
    // Here, so that no instance waits for it at its start: it may have another index.
    const { Client, Errors } = await import('typesense');
    if (last?.key !== key) {
      last = { key, client: new Client({ nodes, apiKey: key, numRetries: 0, logLevel: 'silent', ...agents }) };
    }
    return { client: last.client, Errors };
  };
  return {
    async request<T>(
      method: 'get' | 'post' | 'put' | 'delete',
      path: string,
      input: TypesenseInput = {},
    ): Promise<T | null> {
      const timeout = AbortSignal.timeout(timeoutMs);
      const abortSignal = input.deadline ? AbortSignal.any([timeout, input.deadline]) : timeout;
      const ask = async (key: string): Promise<Answer<T>> => {
        const { client, Errors } = await open(key);
        try {
          // Below the client's typed methods: its import() has no timeout, and documents(id) stays in a cache for ever.
          const body = await client.apiCall.performRequest<T>(method, path, {
            queryParameters: input.query,
            bodyParameters: input.body,
            additionalHeaders: input.headers,
            abortSignal,
            skipConnectionTimeout: true,
          });
          return { body };
        } catch (error) {
          const status = error instanceof Errors.TypesenseError ? error.httpStatus : undefined;
          if (status !== undefined && status === input.nullOn) return { body: null };
          const inTime = input.deadline?.aborted ? 'in time' : `within ${timeoutMs} ms`;
          const reason = abortSignal.aborted ? `no answer ${inTime}` : (error as Error).message;
          return { status, error: toDeliveryError(`Typesense ${method.toUpperCase()} ${path}: ${reason}`, status) };
        }
      };
      const answer = await askWithSecret(apiKey, ask, isRefusal);
      if (answer.error) throw answer.error;
      return answer.body;
    },
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

/**
 * By status, of an answer or of one document in it; undefined when there was no answer. The client's error is not kept
 * as cause: it carries the whole request, with the API key.
 */
export function toDeliveryError(text: string, status: number | undefined): Error {
  if (status === 401 || status === 403) return new ConfigError(text);
  if (status === 404) return new NotFoundError(text);
  // 408 and 429: busy; 422: out of memory or disk, or writes are switched off.
  const mayPass = status === undefined || status < 400 || status >= 500 || [408, 422, 429].includes(status);
  return mayPass ? new RetryableError(text) : new PermanentError(text);
}
