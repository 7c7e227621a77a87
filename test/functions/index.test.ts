import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatEnvelope } from '../../shared/envelope.ts';
import { pipeline } from '../../shared/pipeline.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

const starter = fileURLToPath(new URL('../support/start-function.ts', import.meta.url));
let database: TestDatabase;
let exportDir: string;

before(async () => {
  if (withoutPostgres) return;
  database = await createTestDatabase();
  exportDir = await mkdtemp(join(tmpdir(), 'export-'));
});
after(async () => {
  if (withoutPostgres) return;
  await database.drop();
  await rm(exportDir, { recursive: true });
});

function start(name: string, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [starter, name], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Starts a function as it is deployed, from its index.ts and its environment, and calls it once. */
async function callOnce(name: string, path: string, init: RequestInit): Promise<Response> {
  const child = start(name, {
    DATABASE_URL: database.url,
    GOOGLE_CLOUD_PROJECT: 'test-project',
    EMBEDDING_MODEL: 'lexical',
    EXPORT_DIR: exportDir,
  });
  try {
    const lines = createInterface({ input: child.stdout! });
    let errors = '';
    child.stderr!.on('data', (chunk) => {
      errors += chunk;
    });
    const port = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => line.startsWith('listening ') && resolve(line.slice('listening '.length)));
      child.on('exit', () => reject(new Error(`${name} did not start: ${errors}`)));
    });
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    // The body is read before the process goes.
    return new Response((await response.text()) || null, { status: response.status });
  } finally {
    child.kill('SIGKILL');
  }
}

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

function push(name: string, data: unknown): RequestInit {
  const attributes = { event_version: '1' };
  const subscription = `projects/test-project/subscriptions/${name}`;
  return post(
    formatEnvelope({ data, attributes, messageId: '1', publishTime: new Date(), subscription, deliveryAttempt: 1 }),
  );
}

for (const { name, trigger } of pipeline) {
  test(`${name} starts from its index.ts and answers`, { skip: withoutPostgres }, async () => {
    if (trigger.kind === 'topic') {
      // A message that can never be done: acknowledged and recorded, which takes the whole way to the database.
      const answer = await callOnce(name, '/', push(name, { subject: 'neither an article nor a source' }));
      assert.equal(answer.status, 204);
      const { rows } = await database.db.query<{ error: string }>('select error from quarantine where stage = $1', [
        name,
      ]);
      assert.match(rows[0]!.error, /InvalidMessageError/);
    } else if (name === 'quarantine') {
      const answer = await callOnce(name, '/', push('embed-dead-letters', { unique_id: 'artigo_1', version: 3 }));
      assert.equal(answer.status, 204);
      const { rowCount } = await database.db.query(
        "select from quarantine where stage = 'embed' and subject = 'artigo_1'",
      );
      assert.equal(rowCount, 1);
    } else if (name === 'api') {
      const answer = await callOnce(name, '/health', {});
      assert.equal(answer.status, 200);
    } else if (name === 'dispatch') {
      const answer = await callOnce(name, '/', post({ agencies: ['nowhere'] }));
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /Unknown agency: nowhere/);
    } else {
      const answer = await callOnce(name, '/', post({}));
      assert.equal(answer.status, 200, await answer.clone().text());
    }
  });

  test(`${name} does not start without its database, and says what to set`, async () => {
    const child = start(name, { EMBEDDING_MODEL: 'lexical', EXPORT_DIR: '/nowhere' });
    let errors = '';
    child.stderr!.on('data', (chunk) => {
      errors += chunk;
    });
    const [code] = (await once(child, 'exit')) as [number];
    assert.notEqual(code, 0);
    assert.match(errors, /ConfigError: .*DATABASE_URL/);
  });
}
