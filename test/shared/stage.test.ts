import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FunctionServer, serveFunction } from '../../infra/local/functions-server.ts';
import { ConfigError, PermanentError, RetryableError } from '../../shared/errors.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { articleMessage, createStage } from '../../shared/stage.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { createRecorder, post, push } from '../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

const message = { unique_id: 'a_123456', version: 1 };

describe('a stage', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();
  let contexts: StageContext[] = [];
  let failWith: unknown;

  const stage = (db: TestDatabase['db']) =>
    createStage(
      {
        stage: 'enrich',
        schema: articleMessage,
        subject: (data) => data.unique_id,
        work: async (_data, context) => {
          contexts.push(context);
          if (failWith !== undefined) throw failWith;
          return { outcome: 'done' };
        },
      },
      { db, log: recorder.log, projectId: 'p' },
    );

  before(async () => {
    database = await createTestDatabase();
    server = await serveFunction('enrich', stage(database.db));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    recorder.lines.length = 0;
    contexts = [];
    failWith = undefined;
    await database.db.query('truncate quarantine');
  });

  const rows = async () => (await database.db.query('select * from quarantine order by id')).rows;

  test('acknowledges done work, with one line that names the message and holds no body', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const attributes = { event_version: '1', traceparent: `00-${traceId}-00f067aa0ba902b7-01`, other: 'x' };
    assert.equal(await push(server.url, message, { attributes, messageId: '42', deliveryAttempt: 2 }), 204);
    assert.equal(recorder.lines.length, 1);
    const { durationMs, ...line } = recorder.lines[0]!;
    assert.equal(typeof durationMs, 'number');
    assert.deepEqual(line, {
      severity: 'INFO',
      message: 'message done',
      stage: 'enrich',
      messageId: '42',
      deliveryAttempt: 2,
      subject: 'a_123456',
      outcome: 'done',
      'logging.googleapis.com/trace': `projects/p/traces/${traceId}`,
    });
    assert.deepEqual(Object.keys(contexts[0]!.attributes).sort(), ['event_version', 'traceparent']);
    assert.equal(contexts[0]!.attributes.traceparent!.split('-')[1], traceId);
    assert.deepEqual(await rows(), []);
  });

  for (const [name, error] of Object.entries<unknown>({
    'a retryable error': new RetryableError('busy'),
    'an unknown error': new TypeError('x is not a function'),
    'a wrong environment': new ConfigError('no key'),
    'a thrown text': 'text',
    'a thrown nothing': null,
  })) {
    test(`${name} asks for redelivery, in one line, and is not recorded`, async () => {
      failWith = error;
      assert.equal(await push(server.url, message), 500);
      assert.deepEqual(
        recorder.lines.map(({ severity }) => severity),
        ['WARNING'],
      );
      assert.deepEqual(await rows(), []);
    });
  }

  test('a permanent error is recorded with all that is needed to try again, and acknowledged', async () => {
    failWith = new PermanentError('the model refuses the text');
    const attributes = { event_version: '1', own: 'x' };
    assert.equal(await push(server.url, message, { attributes }), 204);
    const [row] = await rows();
    assert.equal(row!.stage, 'enrich');
    assert.equal(row!.subject, 'a_123456');
    assert.deepEqual(row!.data, message);
    assert.deepEqual(row!.attributes, attributes);
    assert.equal(row!.error, 'PermanentError: the model refuses the text');
    assert.deepEqual(
      recorder.lines.map(({ severity }) => severity),
      ['ERROR'],
    );
    assert.equal(await push(server.url, message), 204);
    assert.deepEqual(
      (await rows()).map(({ attempts }) => attempts),
      [2],
    );
  });

  test('a message of a newer deployment is left to its instances: asked for again, not recorded', async () => {
    assert.equal(await push(server.url, message, { attributes: { event_version: '2' } }), 500);
    assert.deepEqual(await rows(), []);
    assert.match(String(recorder.lines[0]!.error), /event_version 2, newer than the 1 of this instance/);
  });

  const envelope = (fields: object) => ({
    message: { data: '', attributes: { event_version: '1' }, messageId: '42', ...fields },
    subscription: 's',
  });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  for (const [name, body] of Object.entries<object>({
    'data that is not base64': envelope({ data: '%%%' }),
    'data that is not JSON': envelope({ data: base64('unique_id') }),
    'an event_version of the past': envelope({
      data: base64(JSON.stringify(message)),
      attributes: { event_version: '0' },
    }),
    'an event_version that is none': envelope({
      data: base64(JSON.stringify(message)),
      attributes: { event_version: 'v1' },
    }),
    'no event_version': envelope({ data: base64(JSON.stringify(message)), attributes: {} }),
    'data of another shape': envelope({ data: base64('{"unique_id":"a"}') }),
    'data with NUL and half a pair': envelope({ data: base64('{"unique_id":["\\u0000\\ud800"],"version":1}') }),
    'attributes that are not text': envelope({
      data: base64(JSON.stringify(message)),
      attributes: { event_version: 1 },
    }),
  })) {
    test(`${name} is recorded under the id of its message, and acknowledged without work`, async () => {
      assert.equal(await post(server.url, body), 204);
      assert.deepEqual(
        (await rows()).map(({ subject }) => subject),
        ['42'],
      );
      assert.equal(recorder.lines.length, 1);
      assert.equal(recorder.lines[0]!.messageId, '42');
      assert.deepEqual(contexts, []);
    });
  }

  test('what is not even an envelope is recorded whole', async () => {
    assert.equal(await post(server.url, { hello: 'there' }), 204);
    assert.equal(await post(server.url, { hello: 'you' }), 204);
    assert.deepEqual(
      (await rows()).map(({ data }) => data),
      [{ hello: 'there' }, { hello: 'you' }],
    );
    assert.ok((await rows()).every(({ subject }) => /^unreadable push request [0-9a-f]{16}$/.test(String(subject))));
  });

  test('what is nested so deeply that writing it would fail is recorded, as it came where that can be written', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const sent = envelope({ data: base64(deep) });
    assert.equal(await post(server.url, sent), 204);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(server.url, { method: 'POST', headers, body: `{"message": ${deep}}` });
    assert.equal(answer.status, 204);
    assert.deepEqual(
      (await rows()).map(({ data }) => data),
      [sent, 'nested deeper than 200 levels'],
    );
    assert.deepEqual(contexts, []);
  });

  test('any method but POST is answered 405: it is no message, so there is nothing to do or to keep', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(server.url, { method });
      await answer.arrayBuffer();
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST'], method);
    }
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(envelope({ data: base64(JSON.stringify(message)) }));
    const answer = await fetch(server.url, { method: 'PUT', headers, body });
    await answer.arrayBuffer();
    assert.equal(answer.status, 405);
    assert.deepEqual([contexts, await rows(), recorder.lines], [[], [], []]);
  });

  test('a body that is no JSON is not acknowledged, so that its subscription keeps it', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(server.url, { method: 'POST', headers, body: '{"message":' });
    assert.equal(answer.status, 400);
    assert.doesNotMatch(await answer.text(), /SyntaxError|node_modules/);
    assert.deepEqual(contexts, []);
  });

  test('two unreadable messages are two rows', async () => {
    for (const messageId of ['1', '2']) await post(server.url, envelope({ data: '%%%', messageId }));
    assert.deepEqual(
      (await rows()).map(({ subject }) => subject),
      ['1', '2'],
    );
  });

  test('a unique_id longer than any article has is a message that cannot be used', async () => {
    assert.equal(await push(server.url, { unique_id: 'a'.repeat(121), version: 1 }, { messageId: '42' }), 204);
    assert.deepEqual(
      (await rows()).map(({ subject }) => subject),
      ['42'],
    );
    assert.deepEqual(contexts, []);
  });

  test('a failure that cannot be recorded asks for redelivery', async () => {
    const closed = await openPostgres({ url: database.url });
    await closed.close();
    const other = await serveFunction('enrich', stage(closed));
    try {
      failWith = new PermanentError('no');
      assert.equal(await push(other.url, message), 500);
      assert.deepEqual(
        recorder.lines.map(({ severity }) => severity),
        ['ERROR'],
      );
      assert.match(String(recorder.lines[0]!.recordError), /pool/);
    } finally {
      await other.close();
    }
  });
});
