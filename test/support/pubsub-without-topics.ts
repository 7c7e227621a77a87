import { once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A Pub/Sub without a topic: it answers each publish at once, with NOT_FOUND, as the real one does then. */
export interface PubSubWithoutTopics {
  /** `host:port`, for `PUBSUB_EMULATOR_HOST`. */
  endpoint: string;
  close(): Promise<void>;
}

/** The status of gRPC. @see https://grpc.io/docs/guides/status-codes/ */
const notFound = 5;

/** Starts it on any free port of loopback. */
export async function startPubSubWithoutTopics(): Promise<PubSubWithoutTopics> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => {
    stream.resume();
    const answer = { 'content-type': 'application/grpc', 'grpc-status': notFound, 'grpc-message': 'Topic not found' };
    stream.respond({ ':status': 200, ...answer }, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
