import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HttpFunction, http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { ConfigError } from '../../shared/errors.ts';
import type { FunctionName } from '../../shared/pipeline.ts';

export interface FunctionServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves a function by the functions framework on loopback. The framework's own server listens on all addresses; the
 * one it has for tests is the same, and can be bound to one.
 *
 * @param port 0 for any free one.
 * @throws {ConfigError} when the port is in use.
 */
export async function serveFunction(name: FunctionName, handler: HttpFunction, port = 0): Promise<FunctionServer> {
  http(name, handler);
  const server = getTestServer(name);
  hideErrorDetails(server);
  // Longer than clients keep theirs: whoever closes first must not be the one that is being asked.
  server.keepAliveTimeout = 600_000;
  const unanswered = new Set<ServerResponse>();
  server.on('request', (_request, response) => {
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
  });
  await listen(server, name, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        // A connection that is kept alive after its last answer would hold the server for seconds.
        for (const response of unanswered) if (!response.headersSent) response.setHeader('connection', 'close');
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/**
 * What the framework itself refuses (a path or a body that cannot be read) is answered as where it is deployed, with
 * NODE_ENV=production: by its status alone. Express would tell the stack, and the environment is not ours to set: the
 * whole process and the libraries in it read it.
 */
function hideErrorDetails(server: Server): void {
  const [app] = server.listeners('request') as unknown[] as { set(setting: string, value: string): void }[];
  app!.set('env', 'production');
}

function listen(server: Server, name: FunctionName, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new ConfigError(`Port ${port} for function ${name} is in use: choose another with --port`, { cause })
          : cause,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}
