import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import pg from 'pg';

/** What of the driver's connection the copy protocol needs. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  stream: Writable;
}

const ignored = () => {};

/** `copy … to stdout` into a file. */
export async function copyOut(url: string, statement: string, file: string): Promise<void> {
  const out = createWriteStream(file);
  // The driver uses its buffer again.
  await copy(url, statement, { handleCopyData: ({ chunk }: { chunk: Buffer }) => out.write(Buffer.from(chunk)) });
  out.end();
  await once(out, 'finish');
}

/** `copy … from stdin` out of a file; returns the seconds it took. */
export async function copyIn(url: string, statement: string, file: string): Promise<number> {
  const startedAt = performance.now();
  const send = async (connection: CopyConnection) => {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      connection.sendCopyFromChunk(chunk as Buffer);
      if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
    }
    connection.endCopyFrom();
  };
  await copy(url, statement, { handleCopyInResponse: (connection: CopyConnection) => void send(connection) });
  return (performance.now() - startedAt) / 1000;
}

/** Runs a copy as a query of the driver's: an object that handles the messages of the protocol. */
async function copy(url: string, statement: string, handlers: object): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await new Promise<void>((resolve, reject) => {
      const query = {
        submit: (connection: CopyConnection) => connection.query(statement),
        handleRowDescription: ignored,
        handleDataRow: ignored,
        handleCommandComplete: ignored,
        handleCopyInResponse: ignored,
        handleCopyData: ignored,
        handleError: reject,
        handleReadyForQuery: () => resolve(),
        ...handlers,
      };
      client.query(query as unknown as pg.Submittable);
    });
  } finally {
    await client.end();
  }
}
