/** Starts one deployed function from its index.ts on loopback and prints its port: `node start-function.ts NAME`. */
import type { AddressInfo } from 'node:net';
import { getTestServer } from '@google-cloud/functions-framework/testing';

const name = process.argv[2]!;
await import(`../../functions/${name}/index.ts`);
const server = getTestServer(name);
server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
