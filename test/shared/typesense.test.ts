import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ConfigError, PermanentError, RetryableError } from '../../shared/errors.ts';
import { createTypesense, type Typesense, type TypesenseOptions } from '../../shared/typesense.ts';
import { type NewsDocument, newsCollection } from '../../shared/typesense-schema.ts';
import { startTypesense, type TypesenseStandIn } from '../stand-ins/typesense.ts';

const { TYPESENSE_HOST, TYPESENSE_PORT, TYPESENSE_PROTOCOL, TYPESENSE_API_KEY } = process.env;
const vector = (first: number) => [first, ...Array<number>(767).fill(0.5)];
const document = (id: string, rest: Partial<NewsDocument> = {}): NewsDocument => ({
  id,
  unique_id: id,
  agency: 'mec',
  published_at: 1_735_689_599,
  created_at: 1_735_689_599,
  version: 1,
  ...rest,
});

const isReal = Boolean(TYPESENSE_HOST);
describe(`Typesense client on ${isReal ? `the server ${TYPESENSE_HOST}` : 'the stand-in'}`, () => {
  let standIn: TypesenseStandIn | undefined;
  let server: TypesenseOptions & { apiKey: string };
  // Aliases of its own: a real server may hold a collection that is in use.
  const aliases: string[] = [];
  const clients: Typesense[] = [];

  before(async () => {
    const apiKey = TYPESENSE_API_KEY ?? 'test-key';
    if (!isReal) standIn = await startTypesense({ apiKey });
    const protocol = TYPESENSE_PROTOCOL === 'https' ? 'https' : 'http';
    server = { host: TYPESENSE_HOST ?? standIn!.host, port: Number(TYPESENSE_PORT ?? standIn?.port), protocol, apiKey };
  });
  after(async () => {
    for (const alias of aliases) {
      await call('DELETE', `/collections/${newsCollection(alias).name}`);
      await call('DELETE', `/collections/${alias}`);
      await call('DELETE', `/aliases/${alias}`);
    }
    for (const client of clients) client.close();
    await standIn?.close();
  });

  async function call(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${server.protocol}://${server.host}:${server.port}${path}`, {
      method,
      headers: { 'X-TYPESENSE-API-KEY': server.apiKey, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  function connect(options: Partial<TypesenseOptions> = {}) {
    const alias = options.alias ?? `news_test_${randomBytes(4).toString('hex')}`;
    if (!aliases.includes(alias)) aliases.push(alias);
    const typesense = createTypesense({ ...server, ...options, alias });
    clients.push(typesense);
    const stored = async (id: string) => (await call('GET', `/collections/${alias}/documents/${id}`)).body;
    return { typesense, alias, stored };
  }

  test('a first start creates the collection, named by its schema, behind the alias', async () => {
    const { typesense, alias } = connect();
    const { name, createdAt, isCurrent } = await typesense.ensureCollection();
    assert.match(name, new RegExp(`^${alias}_[0-9a-f]{8}$`));
    assert.ok(isCurrent);
    const { body } = await call('GET', `/collections/${alias}`);
    assert.deepEqual([body.name, body.created_at], [name, createdAt]);
    assert.equal(body.default_sorting_field, 'published_at');
    const fields = body.fields as { name: string; type: string; facet: boolean; optional: boolean; num_dim?: number }[];
    assert.deepEqual(
      fields.filter(({ facet }) => facet).map(({ name }) => name),
      [
        ...['agency', 'published_year', 'published_month', 'published_week', 'published_local_year'],
        ...['category', 'tags'],
        ...['theme_1_level_1_code', 'theme_1_level_1_label', 'theme_1_level_2_code', 'theme_1_level_2_label'],
        ...['theme_1_level_3_code', 'theme_1_level_3_label', 'most_specific_theme_code', 'most_specific_theme_label'],
        'content_hash',
        'embedding_model',
      ],
    );
    assert.deepEqual(
      fields.filter(({ optional }) => !optional).map(({ name, type }) => `${name} ${type}`),
      ['unique_id string', 'agency string', 'published_at int64', 'created_at int64', 'version int64'],
    );
    assert.equal(fields.find(({ name }) => name === 'content_embedding')?.num_dim, 768);
  });

  test('later starts, and two at once, change nothing', async () => {
    const { typesense, alias } = connect();
    const twin = connect({ alias }).typesense;
    const [first, second] = await Promise.all([typesense.ensureCollection(), twin.ensureCollection()]);
    assert.deepEqual(second, first);
    await typesense.importDocuments([document('kept')]);
    assert.deepEqual(await typesense.ensureCollection(), first);
    assert.equal((await call('GET', `/collections/${alias}`)).body.num_documents, 1);
  });

  test('an alias that serves another schema is left alone', async () => {
    const { typesense, alias } = connect();
    const older = `${alias}_00000000`;
    await call('POST', '/collections', { name: older, fields: [{ name: 'unique_id', type: 'string' }] });
    await call('PUT', `/aliases/${alias}`, { collection_name: older });
    const { name, isCurrent } = await typesense.ensureCollection();
    assert.deepEqual({ name, isCurrent }, { name: older, isCurrent: false });
    assert.equal((await call('GET', `/aliases/${alias}`)).body.collection_name, older);
    await call('DELETE', `/collections/${older}`);
  });

  test('an alias that points to nothing gets its collection', async () => {
    const { typesense, alias } = connect();
    await call('PUT', `/aliases/${alias}`, { collection_name: `${alias}_dropped` });
    const { name } = await typesense.ensureCollection();
    assert.equal((await call('GET', `/aliases/${alias}`)).body.collection_name, name);
  });

  test('a collection with the name of the alias is a configuration error', async () => {
    const { typesense, alias } = connect();
    await call('POST', '/collections', { name: alias, fields: [{ name: 'unique_id', type: 'string' }] });
    await assert.rejects(typesense.ensureCollection(), (error: Error) => {
      return error instanceof ConfigError && error.message.includes(`"${alias}"`);
    });
  });

  test('documents are written, and one that is refused fails alone', async () => {
    const { typesense, stored } = connect();
    await typesense.ensureCollection();
    const outcomes = await typesense.importDocuments([
      document('whole', { title: 'Título', tags: ['enem'], content_embedding: vector(0.25) }),
      document('short-vector', { content_embedding: [1, 2] }),
      { ...document('wrong-type'), published_at: 'yesterday' } as unknown as NewsDocument,
      document('last'),
    ]);
    assert.deepEqual([...outcomes.keys()], ['whole', 'short-vector', 'wrong-type', 'last']);
    assert.equal(outcomes.get('whole'), null);
    assert.equal(outcomes.get('last'), null);
    for (const id of ['short-vector', 'wrong-type']) {
      const error = outcomes.get(id);
      assert.ok(error instanceof PermanentError);
      assert.match(error.message, new RegExp(`document ${id}: .*code 400`));
    }
    assert.match(outcomes.get('short-vector')!.message, /768 dimensions/);
    const whole = document('whole', { title: 'Título', tags: ['enem'], content_embedding: vector(0.25) });
    assert.deepEqual(await stored('whole'), whole);
  });

  test('a newer document replaces the older one, what it leaves out is cleared', async () => {
    const { typesense, stored } = connect();
    await typesense.ensureCollection();
    const older = { title: 'Antes', video_url: 'https://tv/1.mp4', tags: ['a'], content_embedding: vector(0.125) };
    await typesense.importDocuments([document('edited', older)]);
    await typesense.importDocuments([document('edited', { version: 2, title: 'Depois' })]);
    assert.deepEqual(await stored('edited'), document('edited', { version: 2, title: 'Depois' }));
  });

  test('the last of two documents with one id stays', async () => {
    const { typesense, stored } = connect();
    await typesense.ensureCollection();
    const outcomes = await typesense.importDocuments([document('twice'), document('twice', { version: 2 })]);
    assert.deepEqual([...outcomes], [['twice', null]]);
    assert.equal((await stored('twice')).version, 2);
  });

  test('nothing to import is no request', async () => {
    const { typesense } = connect();
    assert.equal((await typesense.importDocuments([])).size, 0);
  });

  test('a document is deleted, and deleting it again is fine', async () => {
    const { typesense, stored } = connect();
    await typesense.ensureCollection();
    await typesense.importDocuments([document('gone'), document('gone/../stays')]);
    await typesense.deleteDocument('gone');
    await typesense.deleteDocument('gone');
    assert.match(String((await stored('gone')).message), /Could not find/);
    assert.equal((await stored(encodeURIComponent('gone/../stays'))).id, 'gone/../stays');
  });

  test('a missing collection is retryable: another instance may be creating it', async () => {
    const { typesense } = connect();
    await assert.rejects(typesense.importDocuments([document('early')]), RetryableError);
    await assert.rejects(typesense.deleteDocument('early'), RetryableError);
  });

  test('a refused key is a configuration error that does not show the key', async () => {
    const { typesense } = connect({ apiKey: 'not-the-key' });
    await assert.rejects(typesense.ensureCollection(), (error: Error) => {
      return (
        error instanceof ConfigError && /401/.test(error.message) && !/not-the-key/.test(JSON.stringify(error.stack))
      );
    });
  });

  test('a server that is up is healthy', async () => {
    await connect().typesense.health();
  });
});

describe('Typesense client and a server in trouble', () => {
  let standIn: TypesenseStandIn;
  let typesense: Typesense;
  before(async () => {
    standIn = await startTypesense({ apiKey: 'test-key' });
    typesense = createTypesense({ ...standIn, protocol: 'http', apiKey: 'test-key', timeoutMs: 300 });
    await typesense.ensureCollection();
  });
  after(async () => {
    typesense.close();
    await standIn.close();
  });

  for (const status of [408, 422, 429, 500, 503]) {
    test(`an answer ${status} is retryable, and the request is sent once`, async () => {
      const sent = standIn.requests().length;
      standIn.failNext(1, status);
      await assert.rejects(typesense.importDocuments([document('busy')]), (error: Error) => {
        return error instanceof RetryableError && error.message.includes(String(status));
      });
      assert.equal(standIn.requests().length, sent + 1);
      assert.equal((await typesense.importDocuments([document('busy')])).get('busy'), null);
    });
  }

  test('an answer 400 to a whole request is permanent', async () => {
    standIn.failNext(1, 400);
    await assert.rejects(typesense.deleteDocument('any'), PermanentError);
  });

  test('an unhealthy server is retryable', async () => {
    standIn.failNext(1, 503);
    await assert.rejects(typesense.health(), RetryableError);
  });

  for (const [name, work] of [
    ['an import', () => typesense.importDocuments([document('slow')])],
    ['a deletion', () => typesense.deleteDocument('slow')],
    ['a health check', () => typesense.health()],
  ] as const) {
    test(`${name} that gets no answer in time is retryable`, { timeout: 60_000 }, async () => {
      standIn.stallNext(1, 3_600_000);
      await assert.rejects(work(), (error: Error) => {
        return error instanceof RetryableError && /no answer within 300 ms/.test(error.message);
      });
    });
  }

  test('2,500 documents go in three requests', async () => {
    const sent = standIn.requests().length;
    const outcomes = await typesense.importDocuments(Array.from({ length: 2500 }, (_, n) => document(`many-${n}`)));
    assert.equal(outcomes.size, 2500);
    assert.ok([...outcomes.values()].every((outcome) => outcome === null));
    assert.equal(standIn.requests().length, sent + 3);
  });

  test('long documents go in requests of about 8 MB, one that is longer alone', async () => {
    const patient = createTypesense({ ...standIn, protocol: 'http', apiKey: 'test-key' });
    const sent = standIn.requests().length;
    const sizes = [3_000_000, 3_000_000, 3_000_000, 9_000_000, 1_000];
    const outcomes = await patient.importDocuments(
      sizes.map((size, n) => document(`long-${n}`, { content: 'a'.repeat(size) })),
    );
    patient.close();
    assert.deepEqual([...outcomes.values()], [null, null, null, null, null]);
    assert.equal(standIn.requests().length, sent + 4);
  });

  test('a server that is not there is retryable', async () => {
    const gone = await startTypesense({ apiKey: 'test-key' });
    await gone.close();
    const client = createTypesense({ ...gone, protocol: 'http', apiKey: 'secret-key' });
    await assert.rejects(client.health(), (error: Error) => {
      return error instanceof RetryableError && /ECONNREFUSED/.test(error.message) && error.cause === undefined;
    });
    client.close();
  });

  async function answeredWith(body: string) {
    const server = createServer((_, response) => response.setHeader('Content-Type', 'text/plain').end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createTypesense({ host: '127.0.0.1', port, protocol: 'http', apiKey: 'test-key' });
    const result = client.importDocuments([document('a'), document('b')]);
    await result.catch(() => {});
    client.close();
    server.close();
    return result;
  }

  test('a document on which the server failed is retryable, blank lines between the results are not results', async () => {
    const failed = '{"code":500,"error":"Could not write to on-disk storage.","success":false}';
    const outcomes = await answeredWith(`\n{"success":true}\n\n${failed}`);
    assert.equal(outcomes.get('a'), null);
    assert.ok(outcomes.get('b') instanceof RetryableError);
  });

  test('an import answered with too few results, or with something else, is retryable', async () => {
    for (const body of ['', '{"success":true}', '{"success":true}\n{"succ', '<html>proxy</html>\n<p>']) {
      await assert.rejects(answeredWith(body), RetryableError);
    }
  });
});
