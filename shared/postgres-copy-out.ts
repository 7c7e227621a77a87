import type { Connection, PoolClient, Submittable } from 'pg';
import type { CopyBlocks } from './database.ts';

/** The part of a statement that the driver calls while the answer comes in; `callback` ends its timeout. */
interface CopyOut extends Submittable {
  callback(error?: Error): void;
  handleCopyData(message: { chunk: Buffer }): void;
  handleCommandComplete(): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

const BLOCK_BYTES = 256 * 1024;
const MAX_SPARE = 24;
// Left to the garbage collector, the blocks of a long read would be most of the memory of the process.
const spareBlocks: Buffer[] = [];

/**
 * Runs COPY TO STDOUT, which the driver itself does not offer, and gathers its bytes in blocks. A row is one message of
 * the protocol, and lies in one block.
 *
 * @see https://www.postgresql.org/docs/17/protocol-flow.html#PROTOCOL-COPY
 */
export function copyOut(client: PoolClient, select: string): Promise<CopyBlocks> {
  return new Promise((resolve, reject) => {
    const blocks: { buffer: Buffer; used: number }[] = [];
    const roomFor = (bytes: number) => {
      const last = blocks.at(-1);
      if (last && last.used + bytes <= last.buffer.length) return last;
      const buffer = bytes <= BLOCK_BYTES ? spareBlocks.pop() : undefined;
      const block = { buffer: buffer ?? Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes)), used: 0 };
      blocks.push(block);
      return block;
    };
    const statement: CopyOut = {
      submit: (connection: Connection) => connection.query(`copy (${select}) to stdout with (format binary)`),
      callback: (error) => {
        if (error) return reject(error);
        resolve({
          blocks: blocks.map(({ buffer, used }) => buffer.subarray(0, used)),
          release: () => {
            const whole = blocks.map(({ buffer }) => buffer).filter(({ length }) => length === BLOCK_BYTES);
            spareBlocks.push(...whole.slice(0, MAX_SPARE - spareBlocks.length));
          },
        });
      },
      // Copied, because the driver writes the next message over this one.
      handleCopyData: ({ chunk }) => {
        const block = roomFor(chunk.length);
        block.used += chunk.copy(block.buffer, block.used);
      },
      handleCommandComplete: () => {},
      handleReadyForQuery: () => statement.callback(),
      handleError: (error) => statement.callback(error),
    };
    client.query(statement);
  });
}
