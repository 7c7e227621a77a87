import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startTypesense, type TypesenseStandIn } from '../../stand-ins/typesense.ts';
import { push, readArticle, seedArticle } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const starter = fileURLToPath(new URL('../../chaos/start-instance.ts', import.meta.url));
/** Of a request to the index, in instances started so; their lease is twice as long. */
const timeoutMs = 1_500;

/** `sync` in processes of its own: what a process holds in memory dies with it, what it has sent does not. */
describe('instances of sync that race for one document', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let standIn: TypesenseStandIn;
  let bus: { url: string; close(): void };
  const children: ChildProcess[] = [];

  before(async () => {
    database = await createTestDatabase();
    standIn = await startTypesense({ apiKey: 'key' });
    bus = await startBus();
  });
  after(async () => {
    bus?.close();
    await standIn?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news, outbox, quarantine cascade');
    standIn.recover();
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function startSync(): Promise<{ url: string; signal(name: NodeJS.Signals): void; kill(): Promise<void> }> {
    const child = spawn(process.execPath, [starter, 'sync'], {
      env: {
        PATH: process.env.PATH ?? '',
        DATABASE_URL: database.url,
        CHAOS_BUS_URL: bus.url,
        SEARCH_INDEX: 'typesense',
        TYPESENSE_HOST: standIn.host,
        TYPESENSE_PORT: String(standIn.port),
        TYPESENSE_API_KEY: 'key',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const port = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`sync ended with code ${code}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const port = /^listening (\d+)$/.exec(line)?.[1];
        if (port) resolve(port);
      });
    });
    return {
      url: `http://127.0.0.1:${port}`,
      signal: (name) => void child.kill(name),
      kill: async () => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      },
    };
  }

  const writes = () => standIn.requests().filter((line) => line.endsWith('/documents/import')).length;
  async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let count = 0; count < 1500; count++) {
      if (await isTrue()) return;
      await sleep(20);
    }
    assert.fail(`not within 30 s: ${what}`);
  }
  /** As Pub/Sub delivers: again after every failure. */
  async function deliver(url: string, message: object): Promise<void> {
    await until(async () => (await push(url, message).catch(() => 503)) === 204, 'the message is acknowledged');
  }
  const edit = (title: string) => database.db.query('update news set title = $1', [title]);
  const shown = () => standIn.documents('news').map(({ title, version }) => ({ title, version }));
  async function assertShowsLast(uniqueId: string, title: string): Promise<void> {
    const { version, synced_version: syncedVersion } = await readArticle(database.db, uniqueId);
    assert.deepEqual(shown(), [{ title, version }]);
    assert.equal(syncedVersion, version);
  }

  /** Stops an instance after it has read the row, its lease taken, and before it has read what the document shows. */
  async function stopBetweenReadAndWrite(
    instance: { url: string; signal(name: NodeJS.Signals): void },
    message: object,
  ) {
    let answer: Promise<number | undefined> = Promise.resolve(undefined);
    await database.db.transaction(async (tx) => {
      await tx.query('lock table themes in access exclusive mode');
      answer = push(instance.url, message).catch(() => undefined);
      await until(hasLease, 'the lease is taken');
      instance.signal('SIGSTOP');
    });
    // Wrapped, or it would be waited for.
    return { answer };
  }
  const hasLease = async () =>
    (await database.db.query('select from news where sync_lease_until is not null')).rowCount === 1;

  for (const end of ['killed', 'awake again'] as const) {
    test(`one stalls between reading the row and writing the index, another overtakes it, the first is ${end}: the last text stands`, async () => {
      const [first, second] = await Promise.all([startSync(), startSync()]);
      const message = await seedArticle(database.db);
      const before = writes();
      const { answer } = await stopBetweenReadAndWrite(first, message);
      await edit('Edição da segunda');
      await deliver(second.url, message);
      await assertShowsLast(message.unique_id, 'Edição da segunda');
      if (end === 'killed') await first.kill();
      else first.signal('SIGCONT');
      await answer;
      await assertShowsLast(message.unique_id, 'Edição da segunda');
      assert.equal(writes(), before + 1, 'the first writes nothing any more');
    });
  }

  test('one is killed with its document on the way, and another waits: the last text stands', async () => {
    const [first, second] = await Promise.all([startSync(), startSync()]);
    const message = await seedArticle(database.db);
    const before = writes();
    standIn.stallNext(1, timeoutMs - 200);
    const stalled = push(first.url, message).catch(() => undefined);
    await until(() => writes() > before, 'the first has sent its document');
    await edit('Segunda edição');
    const overtaking = deliver(second.url, message);
    await first.kill();
    await stalled;
    await overtaking;
    assert.ok(writes() >= before + 2, 'the second has written');
    await assertShowsLast(message.unique_id, 'Segunda edição');
  });

  test('one whose answer comes after another overtook it leaves the last text standing', async () => {
    const [first, second] = await Promise.all([startSync(), startSync()]);
    const message = await seedArticle(database.db);
    const before = writes();
    // Done at once and answered late: the second writes while the first still believes to hold the lease.
    standIn.stallNext(1, timeoutMs - 200, 'after');
    const late = push(first.url, message);
    await until(() => writes() > before, 'the first has sent its document');
    await database.db.query("update news set sync_lease_until = now() - interval '1 second'");
    await edit('Edição da segunda');
    await deliver(second.url, message);
    await late;
    await assertShowsLast(message.unique_id, 'Edição da segunda');
  });

  test('of five edits that race through two instances, one of them killed, the last one stands', async () => {
    const [first, second] = await Promise.all([startSync(), startSync()]);
    const message = await seedArticle(database.db);
    const deliveries: Promise<void>[] = [];
    for (let number = 1; number <= 5; number++) {
      await edit(`Edição ${number}`);
      standIn.stallNext(1, 100 * number, number % 2 ? 'before' : 'after');
      void push(first.url, message).catch(() => undefined);
      deliveries.push(deliver(second.url, message));
      await sleep(50);
    }
    await first.kill();
    await Promise.all(deliveries);
    await sleep(timeoutMs);
    await assertShowsLast(message.unique_id, 'Edição 5');
  });
});

/** Takes all messages; nobody listens to them. */
async function startBus(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
