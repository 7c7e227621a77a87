import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HostGate } from '../../../../functions/scrape/fetch/host-gate.ts';
import { createSharedHostGate } from '../../../../functions/scrape/fetch/host-slots.ts';
import { openPglite } from '../../../../infra/local/pglite.ts';
import { migrateUp } from '../../../../infra/migrate.ts';
import type { Database } from '../../../../shared/database.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../../support/database.ts';
import type { WorkerTask } from './host-slots-worker.ts';

const worker = fileURLToPath(new URL('host-slots-worker.ts', import.meta.url));
const host = 'www.gov.br';
const postgres: TestDatabase | null = withoutPostgres ? null : await createTestDatabase();
const pglite = await openPglite();
await migrateUp(pglite);
after(async () => {
  await postgres?.drop();
  await pglite.close();
});
const databases = { Postgres: postgres?.db, PGlite: pglite };

async function emptyHosts(db: Database): Promise<void> {
  await db.query('truncate hosts, host_slots');
}

async function listen(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Starts instances that wait for their go. */
async function startWorkers(t: TestContext, tasks: readonly WorkerTask[]): Promise<ChildProcess[]> {
  const workers = tasks.map((task) =>
    spawn(process.execPath, [worker, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  t.after(() => {
    for (const child of workers) child.kill('SIGKILL');
  });
  await Promise.all(workers.map((child) => once(child.stdout!, 'data')));
  return workers;
}

async function finish(workers: readonly ChildProcess[]): Promise<void> {
  const exits = workers.map((child) => once(child, 'exit'));
  for (const child of workers) child.stdin!.write('go\n');
  for (const [code] of await Promise.all(exits)) assert.equal(code, 0);
}

function taskOf(options: Partial<WorkerTask> & { port: number }): WorkerTask {
  return {
    databaseUrl: postgres!.url,
    path: '/',
    requestCount: 8,
    maxInFlight: 2,
    minIntervalMs: 0,
    timeoutMs: 5000,
    ...options,
  };
}

test('three processes together have no more requests in flight than one may have', {
  skip: withoutPostgres,
}, async (t) => {
  await emptyHosts(postgres!.db);
  let inFlight = 0;
  let most = 0;
  let count = 0;
  const port = await listen(t, async (request, response) => {
    if (request.url === '/warm-up') return response.end();
    count += 1;
    inFlight += 1;
    most = Math.max(most, inFlight);
    await delay(15);
    inFlight -= 1;
    response.end();
  });
  await finish(
    await startWorkers(
      t,
      Array.from({ length: 3 }, () => taskOf({ port, requestCount: 20 })),
    ),
  );
  assert.deepEqual({ count, most }, { count: 60, most: 2 });
  const { rows } = await postgres!.db.query('select slot, lease_token from host_slots order by slot');
  assert.deepEqual(rows, [
    { slot: 0, lease_token: null },
    { slot: 1, lease_token: null },
  ]);
});

test('three processes together start their requests the interval apart', { skip: withoutPostgres }, async (t) => {
  await emptyHosts(postgres!.db);
  const starts: number[] = [];
  const port = await listen(t, (request, response) => {
    if (request.url !== '/warm-up') starts.push(performance.now());
    response.end();
  });
  const minIntervalMs = 200;
  const tasks = Array.from({ length: 3 }, () => taskOf({ port, requestCount: 5, minIntervalMs }));
  const workers = await startWorkers(t, tasks);
  const begun = performance.now();
  await finish(workers);
  assert.equal(starts.length, 15);
  // On a busy machine any may be late, and none too early.
  const since = starts.map((start) => Math.round(start - begun));
  for (const [index, ms] of since.entries()) assert.ok(ms >= index * minIntervalMs - 5, `starts ${since}`);
});

test('a process that is killed in mid-request frees its slots when their lease ends', {
  skip: withoutPostgres,
}, async (t) => {
  await emptyHosts(postgres!.db);
  const stuck = Promise.withResolvers<void>();
  let stuckCount = 0;
  const port = await listen(t, (request, response) => {
    if (request.url !== '/stuck') return response.end();
    stuckCount += 1;
    if (stuckCount === 2) stuck.resolve();
  });
  const timeoutMs = 1000;
  const [doomed] = await startWorkers(t, [taskOf({ port, path: '/stuck', requestCount: 2, timeoutMs })]);
  doomed!.stdin!.write('go\n');
  await stuck.promise;
  const taken = performance.now();
  doomed!.kill('SIGKILL');
  await once(doomed!, 'exit');
  const gate = createSharedHostGate({ db: postgres!.db, maxInFlight: 2, minIntervalMs: 0, timeoutMs });
  const hurried = gate.run(host, async () => 'early', { signal: AbortSignal.timeout(500) });
  await assert.rejects(hurried, { name: 'TimeoutError' }, 'both slots are still leased');
  assert.equal(await gate.run(host, async () => 'done'), 'done');
  const waitedMs = performance.now() - taken;
  assert.ok(waitedMs > timeoutMs + 3000 && waitedMs < timeoutMs + 30_000, `${waitedMs} ms`);
});

for (const [name, db] of Object.entries(databases)) {
  const skip = db ? false : withoutPostgres;
  const gates = (count: number, options: Partial<Parameters<typeof createSharedHostGate>[0]> = {}): HostGate[] =>
    Array.from({ length: count }, () =>
      createSharedHostGate({ db: db!, maxInFlight: 2, minIntervalMs: 0, timeoutMs: 2000, ...options }),
    );

  test(`${name}: gates that share a database share its slots, whatever the work does`, { skip }, async () => {
    await emptyHosts(db!);
    let inFlight = 0;
    let most = 0;
    const outcomes = await Promise.allSettled(
      gates(4).flatMap((gate) =>
        Array.from({ length: 5 }, (_, index) =>
          gate.run(host, async () => {
            inFlight += 1;
            most = Math.max(most, inFlight);
            await delay(5);
            inFlight -= 1;
            if (index === 2) throw new Error('failed');
          }),
        ),
      ),
    );
    assert.equal(most, 2);
    assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 4);
  });

  test(`${name}: starts lie the interval apart, or the longer one that is asked for`, { skip }, async () => {
    await emptyHosts(db!);
    let begun = performance.now();
    const starts: number[] = [];
    // Since it was asked for: on a busy machine one that is late makes the next gap shorter, and none comes too early.
    const work = async () => starts.push(performance.now() - begun);
    await Promise.all(gates(3, { minIntervalMs: 100 }).flatMap((gate) => [gate.run(host, work), gate.run(host, work)]));
    assert.equal(starts.length, 6);
    for (const [index, start] of starts.entries()) assert.ok(start >= index * 100 - 5, `starts ${starts}`);

    const [gate] = gates(1, { minIntervalMs: 100 });
    starts.length = 0;
    begun = performance.now();
    await gate!.run(host, work, { minIntervalMs: 400 });
    await gate!.run(host, work);
    assert.ok(starts[1]! >= 395, `starts ${starts}`);
  });

  test(`${name}: a deferred host is waited for by all, or given up when it takes too long`, { skip }, async () => {
    await emptyHosts(db!);
    const [one, other] = gates(2) as [HostGate, HostGate];
    const start = performance.now();
    await one.deferHost(host, 300);
    await one.deferHost(host, 1);
    await other.run(host, async () => 1);
    assert.ok(performance.now() - start >= 299);
    await one.run('agenciabrasil.ebc.com.br', async () => 1);
    await one.deferHost(host, 600_000);
    const error = await other.run(host, async () => assert.fail('not to be run')).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Error && error.name === 'RateLimitedError' && 'retryAfterMs' in error);
    assert.ok(Math.abs((error.retryAfterMs as number) - 600_000) < 5000);
    const { rowCount } = await db!.query('select from host_slots where lease_token is not null');
    assert.equal(rowCount, 0, 'no slot is held');
  });

  test(`${name}: work that is called off while it waits leaves nothing behind`, { skip }, async () => {
    await emptyHosts(db!);
    const [one, other] = gates(2, { maxInFlight: 1, minIntervalMs: 300 }) as [HostGate, HostGate];
    const held = Promise.withResolvers<void>();
    const first = one.run(host, () => held.promise);
    await delay(50);
    const signal = AbortSignal.timeout(100);
    const calledOff = () => other.run(host, async () => assert.fail('not to be run'), { signal });
    await assert.rejects(calledOff(), { name: 'TimeoutError' }, 'while no slot is free');
    held.resolve();
    await first;
    await one.deferHost(host, 5000);
    await assert.rejects(
      other.run(host, async () => 1, { signal: AbortSignal.timeout(100) }),
      { name: 'TimeoutError' },
      'while the start is ahead',
    );
    const { rowCount } = await db!.query('select from host_slots where lease_token is not null');
    assert.equal(rowCount, 0, 'no slot is held');
  });

  test(`${name}: more slots are made when more are allowed, and fewer are used when fewer are`, { skip }, async () => {
    await emptyHosts(db!);
    const most = async (maxInFlight: number) => {
      let inFlight = 0;
      let highest = 0;
      const work = async () => {
        inFlight += 1;
        highest = Math.max(highest, inFlight);
        await delay(60);
        inFlight -= 1;
      };
      await Promise.all(gates(3, { maxInFlight }).flatMap((gate) => [gate.run(host, work), gate.run(host, work)]));
      return highest;
    };
    assert.deepEqual([await most(1), await most(3), await most(2)], [1, 3, 2]);
  });
}
