import { usualTimeouts } from '../../../functions/api/config.ts';
import { createHandler, type HandlerDeps } from '../../../functions/api/handler.ts';
import { searchModelOf } from '../../../functions/api/search/model.ts';
import { createPostgresIndex } from '../../../functions/api/search/postgres.ts';
import { withStatementTimeout } from '../../../functions/api/timed-reads.ts';
import { serveFunction } from '../../../infra/local/functions-server.ts';
import { openPglite } from '../../../infra/local/pglite.ts';
import { migrateUp } from '../../../infra/migrate.ts';
import type { Database } from '../../../shared/database.ts';
import { createEncoder, type Encoder } from '../../../shared/encoder.ts';
import { silentLogger } from '../../../shared/log.ts';
import { createStorage } from '../../../shared/storage.ts';
import { createTestDatabase, withoutPostgres } from '../../support/database.ts';

export const encoder: Encoder = await createEncoder({ model: 'lexical' });

export interface OpenDatabase {
  db: Database;
  drop(): Promise<void>;
}

/** The databases that the function must run on, both with all migrations. */
export const databases = [
  { name: 'Postgres', skip: withoutPostgres, open: (): Promise<OpenDatabase> => createTestDatabase() },
  { name: 'the embedded Postgres', skip: false, open: openEmbedded },
];

async function openEmbedded(): Promise<OpenDatabase> {
  const db = await openPglite();
  await migrateUp(db);
  return { db, drop: () => db.close() };
}

export interface ApiAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
}

export interface Api {
  url: string;
  get(path: string, init?: RequestInit): Promise<ApiAnswer>;
  /** Ids of what a search finds, best first. */
  find(parameters: Record<string, string>): Promise<string[]>;
  close(): Promise<void>;
}

/** Serves the function over HTTP through the functions framework. */
export async function serveApi(
  db: Database,
  { encoder: ownEncoder = encoder, ...overrides }: Partial<HandlerDeps> & { encoder?: Encoder } = {},
): Promise<Api> {
  const handler = createHandler({
    db,
    storage: createStorage({ db: withStatementTimeout(db, usualTimeouts.requestTimeoutMs) }),
    searchModel: searchModelOf(ownEncoder),
    index: createPostgresIndex(db, { statementTimeoutMs: usualTimeouts.requestTimeoutMs }),
    targets: {},
    log: silentLogger,
    ...usualTimeouts,
    trustedProxies: 0,
    ...overrides,
  });
  const server = await serveFunction('api', handler);
  const get = async (path: string, init?: RequestInit): Promise<ApiAnswer> => {
    const response = await fetch(server.url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  return {
    url: server.url,
    get,
    find: async (parameters) => {
      const { status, text, body } = await get(`/search?${new URLSearchParams(parameters)}`);
      if (status !== 200) throw new Error(`${status}: ${text}`);
      return body.results.map((result: { unique_id: string }) => result.unique_id);
    },
    close: server.close,
  };
}
