import { randomBytes } from 'node:crypto';
import { after, afterEach, before, beforeEach } from 'node:test';
import { createSynchronizer } from '../../../functions/sync/sync.ts';
import type { BesideDeps } from '../../../functions/sync/write-beside.ts';
import type { ArticleWorker } from '../../../shared/article-stage.ts';
import { silentLogger } from '../../../shared/log.ts';
import { storeArticles } from '../../../shared/sql/store-articles.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { createTypesense } from '../../../shared/typesense.ts';
import { newsCollection } from '../../../shared/typesense-schema.ts';
import { startTypesense, type TypesenseStandIn } from '../../stand-ins/typesense.ts';
import { articleInput, seedAgency } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openTypesenseIndex } from '../../support/typesense-index.ts';

const { TYPESENSE_HOST, TYPESENSE_PORT, TYPESENSE_PROTOCOL, TYPESENSE_API_KEY } = process.env;

/** The reason to skip what only the stand-in can be told to do, or false: a real server is tested where one is named. */
export const onRealServer: string | false = TYPESENSE_HOST ? 'needs the stand-in' : false;

/** A database and a Typesense, both empty in each test: the alias leads to a collection of an earlier release. */
export interface IndexUnderTest extends BesideDeps {
  database: TestDatabase;
  server: { host: string; port: number; protocol: 'http' | 'https'; apiKey: string };
  /** On the real server the alias is one of its own. */
  alias: string;
  /** Names of the collection of today's schema, and of one of an earlier release. */
  current: string;
  older: string;
  /** Undefined on a real server. */
  standIn: TypesenseStandIn | undefined;
  /** Sends a request to the server, past the client. */
  call(method: string, path: string, body?: object): Promise<Response>;
  /** An instance of `sync`; all that it logs is lost. */
  openSync(): Promise<ArticleWorker>;
  /** New articles, not synced yet; ids in their order. */
  seed(count: number, from?: number): Promise<string[]>;
  /** Makes an article's next version pending. */
  edit(id: string, set?: string): Promise<void>;
  /** Works off what is pending. */
  syncAll(worker: ArticleWorker): Promise<void>;
  /** The documents of a collection, by id, as `version`. */
  shown(collection: string): Promise<Map<string, number>>;
  /** What an index has to show. */
  standing(): Promise<Map<string, number>>;
}

export function useIndex(): IndexUnderTest {
  const it = {} as IndexUnderTest;
  before(async () => {
    it.database = await createTestDatabase();
    it.db = it.database.db;
    await seedAgency(it.db);
  });
  after(() => it.database?.drop());
  beforeEach(async () => {
    await it.db.query('truncate news, outbox, quarantine, search_collections cascade');
    it.standIn = onRealServer ? undefined : await startTypesense({ apiKey: 'key' });
    it.server = {
      host: TYPESENSE_HOST ?? it.standIn!.host,
      port: Number(TYPESENSE_PORT ?? it.standIn?.port),
      protocol: TYPESENSE_PROTOCOL === 'https' ? 'https' : 'http',
      apiKey: TYPESENSE_API_KEY ?? 'key',
    };
    it.alias = onRealServer ? `news_test_${randomBytes(4).toString('hex')}` : 'news';
    it.older = `${it.alias}_00000000`;
    it.current = newsCollection(it.alias).name;
    it.typesense = createTypesense({ ...it.server, alias: it.alias, timeoutMs: 5000 });
    const schema = newsCollection(it.alias);
    // As a release before this one made it: a field fewer.
    await it.call('POST', '/collections', { ...schema, name: it.older, fields: schema.fields!.slice(0, -1) });
    await it.typesense.collections.point(it.older);
  });
  afterEach(async () => {
    if (onRealServer) {
      for (const { name } of await it.typesense.collections.list()) await it.typesense.collections.drop(name);
      await it.call('DELETE', `/aliases/${it.alias}`);
    }
    it.typesense?.close();
    await it.standIn?.close();
  });
  it.call = (method, path, body) => {
    const { protocol, host, port, apiKey } = it.server;
    return fetch(`${protocol}://${host}:${port}${path}`, {
      method,
      headers: { 'x-typesense-api-key': apiKey },
      ...(body && { body: JSON.stringify(body) }),
    });
  };
  it.openSync = async () => {
    const publisher = { publish: async () => {}, close: async () => {} };
    const index = await openTypesenseIndex(it.typesense, it.db);
    return createSynchronizer({ db: it.db, log: silentLogger, publisher, index, leaseMs: 10_000 });
  };
  it.seed = async (count, from = 0) => {
    const stored = await storeArticles(
      it.db,
      Array.from({ length: count }, (_, position) => {
        const number = from + position;
        return articleInput({
          title: `Notícia número ${number}`,
          canonicalUrl: `https://www.gov.br/mec/${number}`,
          publishedAt: new Date(Date.UTC(2026, 9, 1 + (number % 5), 12)),
        });
      }),
    );
    return stored.map(({ unique_id }) => unique_id!);
  };
  it.edit = async (id, set = `category = coalesce(category, '') || '!'`) => {
    await it.db.query(`update news set ${set} where unique_id = $1`, [id]);
  };
  it.syncAll = async (worker) => {
    const { rows } = await it.db.query<{ id: string; version: number }>(
      'select unique_id as id, version from news where synced_version < version',
    );
    await Promise.all(rows.map(({ id, version }) => worker.handle({ unique_id: id, version }, contextFrom())));
  };
  it.shown = async (collection) => {
    const documents = await it.typesense.versionsOf(collection).list({});
    return new Map(documents.map(({ id, version }): [string, number] => [id, version]).sort());
  };
  it.standing = async () => {
    const { rows } = await it.db.query<{ id: string; version: number }>(
      'select unique_id as id, version from news where removed_at is null',
    );
    return new Map(rows.map(({ id, version }): [string, number] => [id, version]).sort());
  };
  return it;
}
