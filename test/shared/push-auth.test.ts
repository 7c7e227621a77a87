import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type FunctionServer, serveFunction } from '../../infra/local/functions-server.ts';
import { ConfigError } from '../../shared/errors.ts';
import { pushAuthOf, requirePushToken } from '../../shared/push-auth.ts';
import { createRecorder, type Recorder } from '../support/articles.ts';

const audience = 'https://embed-abc.a.run.app';
const serviceAccount = 'pubsub-push@test-project.iam.gserviceaccount.com';
const operator = 'ana@example.gov.br';
const gcloud = '32555940559.apps.googleusercontent.com';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

let certs: Server;
let certsStatus = 200;
let server: FunctionServer;
let calls = 0;
const recorder: Recorder = createRecorder();

before(async () => {
  certs = createServer((_request, response) => {
    response.writeHead(certsStatus, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ key1: publicKey.export({ type: 'spki', format: 'pem' }) }));
  });
  await new Promise<void>((resolve) => certs.listen(0, '127.0.0.1', resolve));
  const certsUrl = `http://127.0.0.1:${(certs.address() as AddressInfo).port}/certs`;
  const handler = requirePushToken(
    (_request, response) => {
      calls++;
      response.status(204).end();
    },
    { audience, serviceAccount, operators: [operator], certsUrl },
    recorder.log,
  );
  server = await serveFunction('embed', handler);
});
after(async () => {
  await server?.close();
  certs?.close();
});

const now = () => Math.floor(Date.now() / 1000);
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

function token(claims: object = {}, { key = privateKey, alg = 'RS256' } = {}): string {
  const body = [
    encode({ alg, kid: 'key1', typ: 'JWT' }),
    encode({
      iss: 'https://accounts.google.com',
      aud: audience,
      email: serviceAccount,
      email_verified: true,
      sub: '1',
      iat: now(),
      exp: now() + 3600,
      ...claims,
    }),
  ].join('.');
  return `${body}.${createSign('RSA-SHA256').update(body).sign(key).toString('base64url')}`;
}

async function call(authorization?: string): Promise<number> {
  const answer = await fetch(server.url, { method: 'POST', headers: authorization ? { authorization } : {} });
  await answer.arrayBuffer();
  return answer.status;
}

test('a token of Google for this audience and service account is let through', async () => {
  const before = calls;
  assert.equal(await call(`Bearer ${token()}`), 204);
  assert.equal(calls, before + 1);
});

test('an operator is let through with a token for this audience, and with one that gcloud made', async () => {
  for (const aud of [audience, gcloud]) assert.equal(await call(`Bearer ${token({ email: operator, aud })}`), 204);
});

const wrong: [string, number, () => string | undefined][] = [
  ['no token', 401, () => undefined],
  ['another scheme', 401, () => 'Basic dTpw'],
  ['what is no token', 401, () => 'Bearer abc'],
  ['a token of another audience', 401, () => `Bearer ${token({ aud: 'https://other.a.run.app' })}`],
  ['a token of another issuer', 401, () => `Bearer ${token({ iss: 'https://evil.example' })}`],
  ['a token that is over', 401, () => `Bearer ${token({ iat: now() - 9000, exp: now() - 5400 })}`],
  ['a token signed by somebody else', 401, () => `Bearer ${token({}, { key: stranger.privateKey })}`],
  ['a token without a signature', 401, () => `Bearer ${token({}, { alg: 'none' }).replace(/[^.]*$/, '')}`],
  [
    'a token whose claims were changed',
    401,
    () => `Bearer ${token().replace(/\.[^.]*\./, `.${encode({ aud: audience })}.`)}`,
  ],
  ['a token of another account', 403, () => `Bearer ${token({ email: 'someone@example.iam.gserviceaccount.com' })}`],
  ['a token of gcloud for somebody else', 403, () => `Bearer ${token({ email: 'eva@example.org', aud: gcloud })}`],
  ['a token of gcloud for the account of Pub/Sub', 403, () => `Bearer ${token({ aud: gcloud })}`],
  [
    'an operator whose e-mail is not verified',
    403,
    () => `Bearer ${token({ email: operator, email_verified: false })}`,
  ],
  ['a token whose e-mail is not verified', 403, () => `Bearer ${token({ email_verified: false })}`],
];
for (const [name, status, authorization] of wrong) {
  test(`${name} is answered ${status}, and nothing is done`, async () => {
    const before = calls;
    const header = authorization();
    assert.equal(await call(header), status);
    assert.equal(calls, before);
    const line = JSON.stringify(recorder.lines.at(-1));
    assert.match(line, /call refused/);
    if (header?.startsWith('Bearer ey')) assert.ok(!line.includes(header.slice(7)), 'no log holds a token');
    assert.ok(!line.includes('iat'), `no log holds claims: ${line}`);
  });
}

test('while the keys cannot be had the call is to come again', async () => {
  certsStatus = 500;
  try {
    assert.equal(await call(`Bearer ${token()}`), 503);
  } finally {
    certsStatus = 200;
  }
  assert.equal(await call(`Bearer ${token()}`), 204);
});

test('it is on when both settings are given, off when none is, and one alone is refused', () => {
  assert.equal(pushAuthOf({}), undefined);
  assert.deepEqual(pushAuthOf({ PUSH_AUDIENCE: audience, PUSH_SERVICE_ACCOUNT: serviceAccount }), {
    audience,
    serviceAccount,
    operators: [],
  });
  assert.throws(() => pushAuthOf({ PUSH_AUDIENCE: audience }), ConfigError);
  assert.throws(() => pushAuthOf({ OPERATOR_ACCOUNTS: [operator] }), ConfigError);
  assert.throws(() => pushAuthOf({ PUSH_SERVICE_ACCOUNT: serviceAccount }), /belong together/);
});
