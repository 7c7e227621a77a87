import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ConfigError, PermanentError, RetryableError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/log.ts';
import { startThread, type Thread } from '../../shared/thread.ts';
import { temporaryFolder } from './encoder/model-copy.ts';
import type { Order } from './obedient-thread.ts';

const module = new URL('./obedient-thread.ts', import.meta.url);

async function start(t: TestContext) {
  const data = join(await temporaryFolder(t), 'refusal');
  const errors: unknown[] = [];
  const log = { ...silentLogger, error: (_message: string, fields?: unknown) => errors.push(fields) };
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const thread: Thread<string, Order, Uint8Array> = await startThread({ name: 'tests', module, data, log, now });
  t.after(() => thread.close());
  return { thread, errors, clock, refuseToOpen: (text: string) => writeFile(data, text) };
}

const echo = (...bytes: number[]): Order => ({ do: 'echo', bytes: Uint8Array.from(bytes) });

test('a thread says what it is, and answers what it was asked', async (t) => {
  const { thread } = await start(t);
  assert.equal(thread.info, 'open');
  const replies = await Promise.all([thread.call(echo(1, 2)), thread.call(echo(3))]);
  assert.deepEqual(replies, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
});

test('a buffer that is transferred is not copied', async (t) => {
  const { thread } = await start(t);
  const bytes = Uint8Array.of(1, 2, 3);
  assert.deepEqual(await thread.call({ do: 'echo', bytes }, [bytes.buffer]), Uint8Array.of(1, 2, 3));
  assert.equal(bytes.length, 0, 'it became the thread’s');
});

test('errors keep their class, and the thread goes on', async (t) => {
  const { thread, errors } = await start(t);
  await assert.rejects(thread.call({ do: 'throw', kind: 'permanent' }), new PermanentError('never'));
  await assert.rejects(thread.call({ do: 'throw', kind: 'retryable' }), new RetryableError('later'));
  await assert.rejects(thread.call({ do: 'throw', kind: 'other' }), { name: 'RangeError', message: 'too much' });
  assert.deepEqual(await thread.call(echo(1)), Uint8Array.of(1));
  assert.deepEqual(errors, []);
});

test('a thread that dies fails what it was asked, and is started again by the next call', async (t) => {
  const { thread, errors } = await start(t);
  const calls = await Promise.allSettled([thread.call({ do: 'die' }), thread.call(echo(1))]);
  for (const call of calls) {
    assert.ok(call.status === 'rejected' && call.reason instanceof RetryableError, 'both were lost with it');
  }
  assert.deepEqual(await thread.call(echo(2)), Uint8Array.of(2));
  assert.equal(errors.length, 1);
});

test('a thread that dies three times in a row rests, and is started once a rest until it answers', async (t) => {
  const { thread, errors, clock } = await start(t);
  for (let count = 0; count < 3; count++) await assert.rejects(thread.call({ do: 'die' }), /tests died/);
  await assert.rejects(thread.call(echo(1)), {
    name: 'RetryableError',
    message: /died 3 times in a row and rests for 30 s/,
  });
  clock.ms = 29_999;
  await assert.rejects(thread.call(echo(1)), /rests/);
  assert.equal(errors.length, 3);
  clock.ms = 30_000;
  await assert.rejects(thread.call({ do: 'die' }), /tests died/);
  await assert.rejects(thread.call(echo(1)), /died 4 times in a row and rests/);
  clock.ms = 60_000;
  assert.deepEqual(await thread.call(echo(1)), Uint8Array.of(1));
  await assert.rejects(thread.call({ do: 'die' }), /tests died/);
  assert.deepEqual(await thread.call(echo(2)), Uint8Array.of(2));
});

test('an answer between them makes deaths start from the beginning', async (t) => {
  const { thread } = await start(t);
  for (let count = 0; count < 4; count++) {
    await assert.rejects(thread.call({ do: 'die' }), /tests died/);
    assert.deepEqual(await thread.call(echo(1)), Uint8Array.of(1));
  }
});

test('a thread that cannot be started again fails calls, until it can', async (t) => {
  const { thread, refuseToOpen } = await start(t);
  await assert.rejects(thread.call({ do: 'die' }), /tests died/);
  await refuseToOpen('the file is gone');
  await assert.rejects(thread.call(echo(1)), {
    name: 'RetryableError',
    message: 'The thread for tests cannot be started again: ConfigError: the file is gone',
  });
  await refuseToOpen('');
  assert.deepEqual(await thread.call(echo(1)), Uint8Array.of(1));
});

test('a thread whose service does not open is refused at once, as it says', async (t) => {
  const data = join(await temporaryFolder(t), 'refusal');
  await writeFile(data, 'no such model');
  const starting = startThread({ name: 'tests', module, data, log: silentLogger });
  await assert.rejects(starting, new ConfigError('no such model'));
});

test('closing waits for what was asked', async (t) => {
  const { thread } = await start(t);
  const pending = thread.call({ do: 'block', ms: 50 });
  await thread.close();
  assert.deepEqual(await pending, new Uint8Array());
  await assert.rejects(thread.call(echo(1)), /is closed/);
});

const startScript = `
  import { startThread } from ${JSON.stringify(new URL('../../shared/thread.ts', import.meta.url).href)};
  const log = { info() {}, warning() {}, error() {} };
  const module = new URL(${JSON.stringify(module.href)});
  const thread = await startThread({ name: 'tests', module, data: '/none', log });`;

function runScript(script: string) {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', startScript + script], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

test('an idle thread does not keep the process alive, a busy one does', () => {
  const { status, stdout } = runScript(`
    thread.call({ do: 'block', ms: 200 }).then(() => console.log('answered'));`);
  assert.deepEqual([status, stdout], [0, 'answered\n']);
});

test('a process that ends waits for a busy thread, which begins nothing more', () => {
  const { status, stderr } = runScript(`
    for (let count = 0; count < 1000; count++) thread.call({ do: 'block', ms: 300 });
    setTimeout(() => process.exit(0), 100);`);
  assert.equal(status, 0, stderr);
});
