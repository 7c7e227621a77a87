import { PageLimitError, UnexpectedAnswerError } from '../errors.ts';
import type { Page } from '../page.ts';

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is a string, else the empty string. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Beyond this a document is an attack or an accident: each value takes fifty times its text in memory. */
const MAX_VALUES = 300_000;

function refuseManyValues(json: string, url: string): void {
  const opening = /[{[]/g;
  for (let count = 0; opening.test(json); count += 1) {
    if (count >= MAX_VALUES) throw new PageLimitError(url, `its JSON has over ${MAX_VALUES} objects and lists`);
  }
}

/**
 * Reads a JSON object; a maintenance page in its place is an error, never an empty listing.
 *
 * @throws {PageLimitError} before it is parsed, when it holds too much.
 * @throws {UnexpectedAnswerError} when it is no JSON, or no object.
 */
export function parseJson({ body, contentType, url }: Page): JsonRecord {
  refuseManyValues(body, url);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new UnexpectedAnswerError(url, `it sent ${contentType || 'something'} that is no JSON`, { cause: error });
  }
  if (!isRecord(value)) throw new UnexpectedAnswerError(url, 'its JSON is no object');
  return value;
}
