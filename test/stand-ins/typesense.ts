import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { URLPattern } from 'node:url';
import {
  type Collection,
  createCollection,
  type ImportAction,
  importLine,
  isRefusal,
  type StoredDocument,
  summary,
} from './typesense-collection.ts';

export interface TypesenseStandInOptions {
  apiKey: string;
  /** Default: any free port. */
  port?: number;
}

/**
 * The part of Typesense 30 that the project writes to, in memory, on 127.0.0.1: collections, aliases, import, and
 * documents by id. It refuses what the real server refuses; there is no search.
 *
 * The controls are also there over HTTP: `POST /_stand-in/fail {"count", "status"}`, `POST /_stand-in/stall {"count", "ms"}`,
 * `POST /_stand-in/recover`, `GET /_stand-in/requests`.
 *
 * @see https://typesense.org/docs/30.1/api/documents.html
 */
export interface TypesenseStandIn {
  url: string;
  host: string;
  port: number;
  /** Documents of a collection, or of the one behind an alias, as they are stored. */
  documents(collection: string): StoredDocument[];
  /** The next requests are answered with this status (default 503) and change nothing. */
  failNext(count: number, status?: number): void;
  /** The next requests are done and answered only after this time, even when the client has gone meanwhile. */
  stallNext(count: number, ms: number): void;
  /** Ends failing and stalling for requests to come. */
  recover(): void;
  /** Method and path of the last 10,000 requests of the API, in order of arrival. */
  requests(): string[];
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: unknown;
}
/** `name` and `id` are what the path has at these places, '' where its pattern has none. */
type Route = (request: { name: string; id: string; body: string; query: URLSearchParams }) => Answer;

const ok = (body: unknown, status = 200): Answer => ({ status, body });
const problem = (status: number, message: string): Answer => ({ status, body: { message } });
const noCollection = problem(404, 'Collection not found');
const MAX_REQUESTS = 10_000;
const actions: readonly string[] = ['create', 'update', 'upsert', 'emplace'] satisfies ImportAction[];

export async function startTypesense({ apiKey, port = 0 }: TypesenseStandInOptions): Promise<TypesenseStandIn> {
  const collections = new Map<string, Collection>();
  const aliases = new Map<string, string>();
  const requests: string[] = [];
  const closing = new AbortController();
  let failing = { count: 0, status: 503 };
  let stalling = { count: 0, ms: 0 };

  // A collection hides an alias of the same name, as on the real server.
  const find = (name: string) => collections.get(name) ?? collections.get(aliases.get(name) ?? '');

  const switches = {
    failNext: (count: number, status = 503) => {
      failing = { count, status };
    },
    stallNext: (count: number, ms: number) => {
      stalling = { count, ms };
    },
    recover: () => {
      failing = { ...failing, count: 0 };
      stalling = { ...stalling, count: 0 };
    },
    requests: () => [...requests],
  };

  const controls = compile({
    'POST /_stand-in/fail': ({ body }) => {
      const { count, status } = parseObject(body) as { count: number; status?: number };
      switches.failNext(count, status);
      return ok({ ok: true });
    },
    'POST /_stand-in/stall': ({ body }) => {
      const { count, ms } = parseObject(body) as { count: number; ms: number };
      switches.stallNext(count, ms);
      return ok({ ok: true });
    },
    'POST /_stand-in/recover': () => {
      switches.recover();
      return ok({ ok: true });
    },
    'GET /_stand-in/requests': () => ok(switches.requests()),
  });

  const api = compile({
    'GET /health': () => ok({ ok: true }),
    'GET /collections': () => ok([...collections.values()].map(summary)),
    'POST /collections': ({ body }) => {
      const created = createCollection(parseObject(body));
      if (isRefusal(created)) return problem(created.code, created.error);
      if (collections.has(created.name)) {
        return problem(409, `A collection with name \`${created.name}\` already exists.`);
      }
      collections.set(created.name, created);
      return ok(summary(created), 201);
    },
    'GET /collections/:name': ({ name }) => {
      const collection = find(name);
      return collection ? ok(summary(collection)) : noCollection;
    },
    'DELETE /collections/:name': ({ name }) => {
      const collection = find(name);
      if (!collection) return problem(404, `No collection with name \`${name}\` found.`);
      collections.delete(collection.name);
      return ok(summary(collection));
    },
    'POST /collections/:name/documents/import': ({ name, body, query }) => {
      const action = query.get('action') ?? 'create';
      if (!actions.includes(action)) return problem(400, 'Parameter `action` must be a create|update|upsert.');
      const collection = find(name);
      if (!collection) return noCollection;
      const lines = body.split('\n').filter(Boolean);
      return ok(lines.map((line) => importAnswer(collection, line, action as ImportAction, query)).join('\n'));
    },
    'GET /collections/:name/documents/:id': ({ name, id }) => {
      const collection = find(name);
      if (!collection) return noCollection;
      const document = collection.documents.get(id);
      return document ? ok(document) : problem(404, `Could not find a document with id: ${id}`);
    },
    'DELETE /collections/:name/documents/:id': ({ name, id, query }) => {
      const collection = find(name);
      if (!collection) return noCollection;
      const document = collection.documents.get(id);
      if (!document && query.get('ignore_not_found') === 'true') return ok({ id });
      if (!document) return problem(404, `Could not find a document with id: ${id}`);
      collection.documents.delete(id);
      return ok(document);
    },
    'GET /aliases': () => ok({ aliases: [...aliases].map(([name, target]) => ({ collection_name: target, name })) }),
    'GET /aliases/:name': ({ name }) => {
      const target = aliases.get(name);
      return target === undefined ? noCollection : ok({ collection_name: target, name });
    },
    'PUT /aliases/:name': ({ name, body }) => {
      const target = parseObject(body).collection_name as string | undefined;
      if (target === undefined) return problem(400, 'Parameter `collection_name` is required.');
      if (collections.has(name)) return problem(500, `Name \`${name}\` conflicts with an existing collection name.`);
      aliases.set(name, target);
      return ok({ collection_name: target, name });
    },
    'DELETE /aliases/:name': ({ name }) => {
      const target = aliases.get(name);
      if (target === undefined) return noCollection;
      aliases.delete(name);
      return ok({ collection_name: target, name });
    },
  });

  async function answer(request: IncomingMessage, url: URL, body: string): Promise<Answer> {
    const isControl = url.pathname.startsWith('/_stand-in/');
    if (!isControl) {
      requests.push(`${request.method} ${url.pathname}`);
      if (requests.length > MAX_REQUESTS) requests.shift();
      if (failing.count > 0) {
        failing.count -= 1;
        return problem(failing.status, `Told to answer ${failing.status}`);
      }
      if (stalling.count > 0) {
        stalling.count -= 1;
        await sleep(stalling.ms, undefined, { signal: closing.signal });
      }
      const key = request.headers['x-typesense-api-key'] ?? url.searchParams.get('x-typesense-api-key');
      if (url.pathname !== '/health' && key !== apiKey) {
        return problem(401, 'Forbidden - a valid `x-typesense-api-key` header must be sent.');
      }
    }
    for (const { method, path, route } of isControl ? controls : api) {
      const groups = path.exec(url)?.pathname.groups;
      if (!groups || method !== request.method) continue;
      const [name, id] = [groups.name, groups.id].map((group) => decodeURIComponent(group ?? '')) as [string, string];
      try {
        return route({ name, id, body, query: url.searchParams });
      } catch (error) {
        if (error instanceof SyntaxError) return problem(400, 'Bad JSON.');
        throw error;
      }
    }
    return problem(404, 'Not Found');
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const { status, body: content } = await answer(request, new URL(request.url ?? '/', 'http://stand-in'), body);
    const isText = typeof content === 'string';
    response.writeHead(status, { 'Content-Type': `${isText ? 'text/plain' : 'application/json'}; charset=utf-8` });
    response.end(isText ? content : JSON.stringify(content));
  }

  const server = createServer((request, response) => {
    // The client went away in the middle of its request, or the stand-in is closing.
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}`,
    host: '127.0.0.1',
    port: address.port,
    documents: (name) => [...(find(name)?.documents.values() ?? [])],
    ...switches,
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function compile(routes: Record<string, Route>) {
  return Object.entries(routes).map(([pattern, route]) => {
    const [method, pathname] = pattern.split(' ') as [string, string];
    return { method, path: new URLPattern({ pathname }), route };
  });
}

/** @throws {SyntaxError} when the text is not a JSON object. */
function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new SyntaxError('not an object');
  return value as Record<string, unknown>;
}

/** One line of the answer to an import; documents and ids are in it only when they were asked for. */
function importAnswer(collection: Collection, line: string, action: ImportAction, query: URLSearchParams): string {
  const result = importLine(collection, line, action);
  const isAsked = (name: string) => query.get(name) === 'true';
  if (isRefusal(result)) {
    const { code, error } = result;
    return JSON.stringify({ code, ...(isAsked('return_doc') && { document: line }), error, success: false });
  }
  const { document } = result;
  return JSON.stringify({
    ...(isAsked('return_doc') && { document }),
    ...(isAsked('return_id') && { id: document.id }),
    success: true,
  });
}
