import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { z } from 'zod';
import { type FunctionServer, serveFunction } from '../../infra/local/functions-server.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { createOperation } from '../../shared/http.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { createRecorder } from '../support/articles.ts';

const recorder = createRecorder();
let server: FunctionServer;
let context: StageContext | undefined;
const failures: Record<string, unknown> = {
  permanent: new PermanentError('Unknown agency: mcc'),
  retryable: new RetryableError('no database'),
  unknown: 'thrown as text',
};

before(async () => {
  const operation = createOperation(
    {
      name: 'reconcile',
      schema: z.strictObject({ fail: z.string().optional() }),
      work: async (request, given) => {
        context = given;
        if (request.fail) throw failures[request.fail];
        return { rowCount: 3 };
      },
    },
    { log: recorder.log, projectId: 'p' },
  );
  server = await serveFunction('reconcile', operation);
});
after(() => server.close());
beforeEach(() => {
  recorder.lines.length = 0;
  context = undefined;
});

async function call(body: string | null, headers: Record<string, string> = { 'content-type': 'application/json' }) {
  const answer = await fetch(server.url, { method: 'POST', headers, body });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test('answers 200 with the result, and logs it in one line with its trace', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const answer = await call('{}', { 'content-type': 'application/json', traceparent });
  assert.deepEqual(answer, { status: 200, body: { rowCount: 3 } });
  assert.equal(recorder.lines.length, 1);
  const { durationMs, ...line } = recorder.lines[0]!;
  assert.equal(typeof durationMs, 'number');
  assert.deepEqual(line, {
    severity: 'INFO',
    message: 'run done',
    stage: 'reconcile',
    rowCount: 3,
    'logging.googleapis.com/trace': `projects/p/traces/${traceId}`,
  });
  assert.equal(context!.attributes.event_version, '1');
  assert.equal(context!.attributes.traceparent!.split('-')[1], traceId);
});

test('no body is an empty request, with a content type or without', async () => {
  assert.equal((await call(null)).status, 200);
  assert.equal((await call(null, {})).status, 200);
  assert.equal((await call(null, { 'content-type': 'application/octet-stream' })).status, 200);
  assert.equal((await call('', { 'content-type': 'application/octet-stream' })).status, 200);
});

test('a request that is not as asked is answered 400, also when it does not say that it is JSON', async () => {
  assert.equal((await call('{"fial":"x"}')).status, 400);
  assert.equal(
    (await call('{"fail":"permanent"}', { 'content-type': 'application/x-www-form-urlencoded' })).status,
    400,
  );
  assert.equal((await call('{"fail":"permanent"}', { 'content-type': 'application/octet-stream' })).status, 400);
  assert.equal(context, undefined);
});

test('a permanent error is answered 400, any other 500, each with its text', async () => {
  assert.deepEqual(await call('{"fail":"permanent"}'), { status: 400, body: { error: 'Unknown agency: mcc' } });
  assert.deepEqual(await call('{"fail":"retryable"}'), { status: 500, body: { error: 'no database' } });
  assert.deepEqual(await call('{"fail":"unknown"}'), { status: 500, body: { error: 'thrown as text' } });
  assert.deepEqual(
    recorder.lines.map(({ severity, message }) => [severity, message]),
    Array(3).fill(['ERROR', 'run failed']),
  );
});

test('any method but POST is answered 405 with what is allowed, and starts nothing', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(server.url, { method });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.get('allow'), 'POST', method);
    const text = await answer.text();
    if (method !== 'HEAD') assert.deepEqual(JSON.parse(text), { error: `Only POST is taken here, not ${method}` });
  }
  assert.equal(context, undefined);
  assert.deepEqual(recorder.lines, []);
});

test('a body that is no JSON starts nothing', async () => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(server.url, { method: 'POST', headers, body: '{"fail":' });
  assert.equal(answer.status, 400);
  await answer.arrayBuffer();
  assert.equal(context, undefined);
});
