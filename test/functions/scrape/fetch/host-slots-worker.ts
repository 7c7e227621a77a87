import { createSharedHostGate } from '../../../../functions/scrape/fetch/host-slots.ts';
import { openPostgres } from '../../../../shared/postgres.ts';
import { loopbackDispatcher } from './loopback.ts';

/** One instance of the test of host slots: asks a server on loopback through the gate, as told by its first argument. */
export interface WorkerTask {
  databaseUrl: string;
  port: number;
  path: string;
  requestCount: number;
  maxInFlight: number;
  minIntervalMs: number;
  timeoutMs: number;
}

const task = JSON.parse(process.argv[2]!) as WorkerTask;
const db = await openPostgres({ url: task.databaseUrl });
const dispatcher = loopbackDispatcher(task.port);
const gate = createSharedHostGate({ ...task, db });

async function ask(): Promise<void> {
  const { body } = await dispatcher.request({ origin: 'https://www.gov.br', path: task.path, method: 'GET' });
  await body.dump();
}

// A connection of one's own is no part of what is measured.
await dispatcher
  .request({ origin: 'https://www.gov.br', path: '/warm-up', method: 'GET' })
  .then(({ body }) => body.dump());
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
await Promise.all(Array.from({ length: task.requestCount }, () => gate.run('www.gov.br', ask)));
process.stdin.destroy();
await dispatcher.destroy();
await db.close();
