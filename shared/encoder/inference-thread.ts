import { serveThread } from '../serve-thread.ts';
import { openInference } from './inference.ts';
import type { PaddedRows } from './token-rows.ts';

/** Rows of token ids to vectors: the runtime's `run` blocks the thread that calls it for as long as it computes. */
serveThread(async (options: Parameters<typeof openInference>[0]) => {
  const inference = await openInference(options);
  return {
    info: null,
    async answer(rows: PaddedRows) {
      const vectors = await inference.run(rows);
      return { reply: vectors, transfer: [vectors.buffer] };
    },
    close: inference.close,
  };
});
