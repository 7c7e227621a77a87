import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listSearchCollections } from '../../../shared/sql/search-collections.ts';
import { onRealServer, useIndex } from '../../functions/sync/use-index.ts';
import { withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

describe('destaques typesense', { skip: withoutPostgres || onRealServer, timeout: 120_000 }, () => {
  const it = useIndex();

  // Beside this process, in which the stand-in lives.
  function startCommand(
    name: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [bin, name, ...args, '--database-url', it.database.url], {
      env: {
        PATH: process.env.PATH ?? '',
        TYPESENSE_HOST: it.server.host,
        TYPESENSE_PORT: String(it.server.port),
        TYPESENSE_PROTOCOL: it.server.protocol,
        TYPESENSE_API_KEY: it.server.apiKey,
        ...env,
      },
    });
    const read = async (stream: AsyncIterable<Buffer>) => {
      let text = '';
      for await (const chunk of stream) text += chunk.toString();
      return text;
    };
    const ended = Promise.all([once(child, 'close'), read(child.stdout), read(child.stderr)]).then(
      ([[status], stdout, stderr]) => ({ status: status as number | null, stdout, stderr }),
    );
    return { child, ended };
  }
  const start = (args: readonly string[], env?: NodeJS.ProcessEnv) => startCommand('typesense', args, env);
  const run = (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).ended;
  async function runJson<T>(...args: string[]): Promise<T> {
    const { status, stdout, stderr } = await run([...args, '--json']);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as T;
  }

  test('status, rebuild, rollback and prune, as text and as JSON', async () => {
    const sync = await it.openSync();
    await it.seed(12);
    await it.syncAll(sync);
    const due = await run(['status']);
    assert.equal(due.status, 1);
    assert.match(
      due.stdout,
      /^news → news_00000000; 12 articles in Postgres\n {2}news_00000000 {2}serving {2}12 documents/,
    );
    assert.match(due.stderr, /^error: news_00000000 has another schema than this release: a rebuild is due$/m);

    const rebuilt = await run(['rebuild']);
    assert.equal(rebuilt.status, 0, rebuilt.stderr);
    assert.match(rebuilt.stdout, /filled 12 documents\nverified 12 articles of 5 days: 0 days differed in number/);
    assert.match(rebuilt.stdout, new RegExp(`${it.current} is served, news_00000000 is kept until prune`));
    const { problems, serving, collections } = await runJson<{
      problems: string[];
      serving: string;
      collections: { name: string; state: string; documents: number }[];
    }>('status');
    assert.deepEqual([problems, serving], [[], it.current]);
    assert.deepEqual(
      collections.map(({ state, documents }) => [state, documents]),
      [
        ['serving', 12],
        ['former', 12],
      ],
    );
    assert.match((await run(['rebuild'])).stdout, /nothing to do/);
    assert.equal((await runJson<{ serving: string }>('rollback')).serving, it.older);
    assert.deepEqual(await runJson('prune'), { dropped: [it.current] });
    const none = await run(['rollback']);
    assert.deepEqual([none.status, /error: There is no former collection/.test(none.stderr)], [1, true]);
  });

  test('a rebuild that is killed or stopped says where it is, and the next one goes on from there', async () => {
    await it.openSync();
    await it.seed(60);
    for (const [signal, least] of [
      ['SIGKILL', 1],
      ['SIGINT', 15],
    ] as const) {
      const { child, ended } = start(['rebuild', '--rate', '20/s', '--batch-size', '2']);
      const filled = async () =>
        (await listSearchCollections(it.db)).find(({ state }) => state === 'building')?.filledCount ?? 0;
      while (child.exitCode === null && (await filled()) < least) await sleep(20);
      child.kill(signal);
      const { status, stderr } = await ended;
      assert.notEqual(status, 0);
      if (signal === 'SIGINT')
        assert.match(stderr, /stopped, and nothing was swapped; "destaques typesense rebuild" goes on/);
    }
    const { filled, outcome } = await runJson<{ filled: number; outcome: string }>('rebuild');
    assert.equal(outcome, 'swapped');
    assert.ok(filled > 0 && filled < 60, `${filled} filled`);
    assert.deepEqual(await it.shown(it.current), await it.standing());
  });

  test('sync-embeddings-to-typesense writes what is pending, and with --full-sync a window once more', async () => {
    await it.openSync();
    await it.seed(10);
    const sync = async (...args: string[]) => {
      const env = { SEARCH_INDEX: 'typesense' };
      return await startCommand('sync-embeddings-to-typesense', args, env).ended;
    };
    assert.match((await sync()).stderr, /sync: 10 done, 0 failed/);
    assert.match((await sync()).stderr, /sync: 0 done, 0 failed/);
    const window = ['--start-date', '2026-10-02', '--end-date', '2026-10-03'];
    assert.match((await sync(...window, '--full-sync')).stderr, /sync: 4 done, 0 failed/);
    assert.match((await sync('--full-sync', '--agencies', 'mec')).stderr, /sync: 10 done, 0 failed/);
    assert.equal((await sync('--full-sync', '--max-records', '3')).status, 2);
  });

  test('a wrong call, a wrong key and a server that is not there are told in one line', async () => {
    for (const [args, env, code, text] of [
      [['rebuild', '--rate', 'fast'], {}, 2, /must be a rate such as 50\/s/],
      [['rebuild', '--batch-size', '1001'], {}, 2, /whole number from 1 to 1000/],
      [['status'], { TYPESENSE_HOST: '' }, 2, /set TYPESENSE_HOST and TYPESENSE_API_KEY/],
      [['status'], { TYPESENSE_API_KEY: 'wrong' }, 1, /401/],
      [['rebuild'], { TYPESENSE_PORT: '1' }, 1, /Typesense GET \/collections\/news: .*ECONNREFUSED 127\.0\.0\.1:1/],
    ] as const) {
      const { status, stderr } = await run(args, env);
      assert.equal(status, code, stderr);
      assert.match(stderr, text);
      assert.doesNotMatch(stderr, /^\s+at |wrong-key/m);
    }
  });
});
