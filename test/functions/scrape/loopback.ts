import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Agent, buildConnector, type Dispatcher } from 'undici';

/** Serves `listener` on loopback until the test ends; the dispatcher leads every host there. */
export async function serve(t: TestContext, listener: RequestListener): Promise<Dispatcher> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = String((server.address() as AddressInfo).port);
  const connect = buildConnector({});
  const dispatcher = new Agent({
    allowH2: false,
    connect: (options, callback) => connect({ ...options, protocol: 'http:', hostname: '127.0.0.1', port }, callback),
  });
  t.after(async () => {
    await dispatcher.destroy();
    server.closeAllConnections();
    server.close();
  });
  return dispatcher;
}
