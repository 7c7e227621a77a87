import { serveThread } from '../serve-thread.ts';
import { packRows } from './token-rows.ts';
import { openTokenizer, type TokenizerOptions } from './tokenizer.ts';

/** Texts to rows of token ids, beside inference and beside the event loop. */
serveThread(async (options: TokenizerOptions) => {
  const { padId, tokenize } = await openTokenizer(options);
  return {
    info: { padId },
    async answer(texts: string[]) {
      const rows = packRows(texts.map(tokenize));
      return { reply: rows, transfer: [rows.ids.buffer] };
    },
  };
});
