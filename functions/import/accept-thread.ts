import type { MessagePort } from 'node:worker_threads';
import type { DatasetFile } from '../../shared/dataset-source.ts';
import { borrowAccess } from '../../shared/lent-access.ts';
import { readAhead } from '../../shared/read-ahead.ts';
import { serveThread } from '../../shared/serve-thread.ts';
import { type AcceptedRows, type RowsOrder, readAccepted } from './accepted-rows.ts';

/** Begins a file, which the asking thread lends; or asks for its next rows. */
export type AcceptRequest =
  | { file: Pick<DatasetFile, 'path' | 'sizeBytes'>; access: MessagePort; order: RowsOrder }
  | 'next';

/** Null after the last rows, and when a file begins. */
export type AcceptReply = AcceptedRows | null;

/** Decoding, repairing and hashing, beside the thread that speaks to the database; always one batch ahead of it. */
serveThread(
  async () => {
    let batches: AsyncGenerator<AcceptedRows> | undefined;
    return {
      info: null,
      async answer(request: AcceptRequest): Promise<{ reply: AcceptReply; transfer: [] }> {
        if (request !== 'next') {
          const { file, access, order } = request;
          await batches?.return(undefined);
          batches = readAhead(readAccepted({ ...file, open: async () => borrowAccess(access) }, order));
          return { reply: null, transfer: [] };
        }
        const result = await batches!.next();
        return { reply: result.done ? null : result.value, transfer: [] };
      },
      // A file that is lent keeps the thread alive.
      close: async () => void (await batches?.return(undefined)),
    };
  },
  { isNative: false },
);
