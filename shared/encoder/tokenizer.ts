import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { readRequiredJson } from './model-folder.ts';

// The library recurses and spreads over a word's pieces: beyond this a single word of 100,000 letters overflows the stack.
const MAX_TEXT_LENGTH = 65_536;
// Pieces are shorter than this in any vocabulary; what lies beyond can only be cut away.
const MAX_CHARACTERS_PER_TOKEN = 64;

const token = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const tokenizerConfigSchema = z.object({ pad_token: token.nullish() });

/** Turns texts into the ids that a model reads. */
export interface TextTokenizer {
  /** Id that fills the rows of a batch up to the longest; the attention mask is 0 there. */
  padId: number;
  /** Ids of a text with the model's special tokens around it, at most `maxTokens`. */
  tokenize(text: string): number[];
}

/** Where a tokenizer is, and how it cuts. */
export interface TokenizerOptions {
  /** Holds `tokenizer.json` and `tokenizer_config.json`. */
  folder: string;
  /** Of a row, the special tokens included. */
  maxTokens: number;
  lowerCase: boolean;
}

/**
 * A tokenizer that cuts as the Python library does: the text's own ids are cut, the special tokens stay.
 *
 * @throws {ConfigError} when a file is missing, or of a kind that is not known; it names the path.
 */
export async function openTokenizer(options: TokenizerOptions): Promise<TextTokenizer> {
  const path = join(options.folder, 'tokenizer.json');
  const tokenizer = await readRequiredJson(path, z.looseObject({}));
  const config = await readRequiredJson(join(options.folder, 'tokenizer_config.json'), z.looseObject({}));
  try {
    return createTokenizer({ tokenizer, config }, options);
  } catch (error) {
    throw new ConfigError(`${path} is not a tokenizer that can be used: ${String(error)}`, { cause: error });
  }
}

function createTokenizer(definition: { tokenizer: object; config: object }, options: TokenizerOptions): TextTokenizer {
  const tokenizer = new Tokenizer(definition.tokenizer, definition.config);
  const plainIds = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const { prefix, suffix } = specialTokens(tokenizer.encode('a').ids, plainIds('a'));
  const maxPlainIds = options.maxTokens - prefix.length - suffix.length;
  const maxLength = Math.min(options.maxTokens * MAX_CHARACTERS_PER_TOKEN, MAX_TEXT_LENGTH);
  const padToken = tokenizerConfigSchema.parse(definition.config).pad_token;
  return {
    padId: (padToken && tokenizer.token_to_id(padToken)) || 0,
    tokenize(text) {
      // Well-formed after the cut, which may have parted a surrogate pair.
      const readable = text.slice(0, maxLength).toWellFormed();
      const ids = plainIds(options.lowerCase ? readable.toLowerCase() : readable);
      return [...prefix, ...ids.slice(0, maxPlainIds), ...suffix];
    },
  };
}

function specialTokens(ids: number[], plainIds: number[]): { prefix: number[]; suffix: number[] } {
  const start = ids.findIndex((_, index) => plainIds.every((id, offset) => ids[index + offset] === id));
  return { prefix: ids.slice(0, start), suffix: ids.slice(start + plainIds.length) };
}
