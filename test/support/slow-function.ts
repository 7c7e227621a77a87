/**
 * A function on loopback that takes as many milliseconds as its path says, and ends as a deployed one does:
 * `node slow-function.ts GRACE_MS`.
 */
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { createLifecycle } from '../../shared/lifecycle.ts';
import { createLogger } from '../../shared/log.ts';

const { track } = createLifecycle({
  log: createLogger(),
  graceMs: Number(process.argv[2]),
  close: async () => console.log('closed'),
});
http(
  'slow',
  track(async (request, response) => {
    await setTimeout(Number(request.path.slice(1)));
    response.status(204).end();
  }),
);
const server = getTestServer('slow');
server.listen(0, '127.0.0.1', () => {
  // As the framework does once it listens.
  process.on('SIGTERM', () => process.exit(1));
  console.log(`listening ${(server.address() as AddressInfo).port}`);
});
