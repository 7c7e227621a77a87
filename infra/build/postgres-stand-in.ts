import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** A Postgres that lets anyone in and answers every query with one row of one: as much as a function needs to start. */
export interface PostgresStandIn {
  url: string;
  close(): Promise<void>;
}

/** @see https://www.postgresql.org/docs/17/protocol-message-formats.html */
const authenticationOk = message('R', int32(0));
const readyForQuery = message('Z', Buffer.from('I'));
const rowDescription = message(
  'T',
  int16(1),
  text('one'),
  int32(0),
  int16(0),
  int32(23),
  int16(4),
  int32(-1),
  int16(0),
);
const dataRow = message('D', int16(1), int32(1), Buffer.from('1'));
const commandComplete = message('C', text('SELECT 1'));
const sslRequest = 80_877_103;

/** Starts it on any free port of loopback. */
export async function startPostgresStandIn(): Promise<PostgresStandIn> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `postgres://anyone@127.0.0.1:${(server.address() as AddressInfo).port}/any`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve(socket: Socket): void {
  let received = Buffer.alloc(0);
  let isOpen = false;
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      // Before the session is open, messages have no type.
      const header = isOpen ? 1 : 0;
      if (received.length < header + 4) return;
      const length = header + received.readInt32BE(header);
      if (received.length < length) return;
      const next = received.subarray(0, length);
      received = received.subarray(length);
      if (!isOpen && next.readInt32BE(4) === sslRequest) socket.write('N');
      else if (!isOpen) {
        isOpen = true;
        socket.write(Buffer.concat([authenticationOk, readyForQuery]));
      } else if (next.toString('latin1', 0, 1) === 'Q') {
        socket.write(Buffer.concat([rowDescription, dataRow, commandComplete, readyForQuery]));
      }
    }
  });
}

function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}
