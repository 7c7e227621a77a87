import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { URLPattern } from 'node:url';
import { createFaults, type Faults } from './faults.ts';
import {
  type Collection,
  createCollection,
  type ImportAction,
  importLine,
  isRefusal,
  type StoredDocument,
  summary,
} from './typesense-collection.ts';
import { filterDocuments } from './typesense-filter.ts';
import { RefusedError } from './typesense-refused.ts';
import { multiSearch, searchCollection } from './typesense-search.ts';

export interface TypesenseStandInOptions {
  apiKey: string;
  /** Default: any free port. */
  port?: number;
}

/**
 * The part of Typesense 30 that the project uses, in memory, on 127.0.0.1: collections, aliases, import, export,
 * documents by id, and search. It refuses what the real server refuses, in its words.
 *
 * @see https://typesense.org/docs/30.1/api/documents.html
 */
export interface TypesenseStandIn extends Faults {
  url: string;
  host: string;
  port: number;
  /** Documents of a collection, or of the one behind an alias, as they are stored. */
  documents(collection: string): StoredDocument[];
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
const longestQuery = 4000;
const actions: readonly string[] = ['create', 'update', 'upsert', 'emplace'] satisfies ImportAction[];

export async function startTypesense({ apiKey, port = 0 }: TypesenseStandInOptions): Promise<TypesenseStandIn> {
  const collections = new Map<string, Collection>();
  const aliases = new Map<string, string>();
  const faults = createFaults();

  // A collection hides an alias of the same name, as on the real server.
  const find = (name: string) => collections.get(name) ?? collections.get(aliases.get(name) ?? '');

  const controls = compile(
    Object.fromEntries(
      Object.entries(faults.controls).map(([route, control]): [string, Route] => [
        route,
        ({ body }) => ok(control(body === '' ? {} : parseObject(body))),
      ]),
    ),
  );

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
    'POST /multi_search': ({ body }) => ok(multiSearch(parseObject(body), find)),
    'GET /collections/:name/documents/search': ({ name, query }) => {
      const collection = find(name);
      return collection ? ok(searchCollection(collection, Object.fromEntries(query))) : problem(404, 'Not found.');
    },
    'GET /collections/:name/documents/export': ({ name, query }) => {
      const collection = find(name);
      return collection ? ok(exportLines(collection, query)) : noCollection;
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
    if (url.pathname.startsWith('/_stand-in/')) return route(controls, request, url, body);
    const status = faults.arrive(`${request.method} ${url.pathname}`);
    if (status !== undefined) return problem(status, `Told to answer ${status}`);
    return await faults.hold(() => {
      const key = request.headers['x-typesense-api-key'] ?? url.searchParams.get('x-typesense-api-key');
      if (url.pathname !== '/health' && key !== apiKey) {
        return problem(401, 'Forbidden - a valid `x-typesense-api-key` header must be sent.');
      }
      if (request.method === 'GET' && url.pathname.endsWith('/search') && url.search.length > longestQuery) {
        const hint = 'Use the /multi_search end-point for larger payloads.';
        return problem(400, `Query string exceeds max allowed length of ${longestQuery}. ${hint}`);
      }
      return route(api, request, url, body);
    });
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
    ...faults,
    async close() {
      faults.close();
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

function route(routes: ReturnType<typeof compile>, request: IncomingMessage, url: URL, body: string): Answer {
  for (const { method, path, route } of routes) {
    const groups = path.exec(url)?.pathname.groups;
    if (!groups || method !== request.method) continue;
    const [name, id] = [groups.name, groups.id].map((group) => decodeURIComponent(group ?? '')) as [string, string];
    try {
      return route({ name, id, body, query: url.searchParams });
    } catch (error) {
      if (error instanceof SyntaxError) return problem(400, 'Bad JSON.');
      if (error instanceof RefusedError) return problem(error.refusal.code, error.message);
      throw error;
    }
  }
  return problem(404, 'Not Found');
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

/** A document a line, in the order in which they came; all of their fields unless some are named. */
function exportLines(collection: Collection, query: URLSearchParams): string {
  const included = query.get('include_fields')?.split(',');
  const shown = (document: StoredDocument) =>
    included ? Object.fromEntries(Object.entries(document).filter(([name]) => included.includes(name))) : document;
  return filterDocuments(collection, query.get('filter_by'))
    .map((document) => JSON.stringify(shown(document)))
    .join('\n');
}
