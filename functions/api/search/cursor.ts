import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invalidParameters } from '../parameters.ts';
import type { ProblemError } from '../problem.ts';
import type { Position } from './contract.ts';
import { type SearchRequest, searchParameters } from './parameters.ts';

/** Where the next page begins, and how the pages before it were found: it must be found alike. */
export interface Cursor {
  position: Position;
  /** The meaning could not be looked for. */
  isWordsOnly?: boolean | undefined;
  /** The index was away, and its fallback answered. */
  isFallback?: boolean | undefined;
  /** Digest of the name of the model whose vectors were compared, undefined where none were. */
  modelDigest?: string | undefined;
}

// Within these a number is an instant that Date and Postgres have.
const milliseconds = z.int().min(-62_135_596_800_000).max(253_402_300_799_999);
const uniqueIds = z.string().regex(/^[\w-]{1,120}$/);
const cursorSchema = z.strictObject({
  /** Digest of the search. */
  d: z.string(),
  /** As of. */
  a: milliseconds,
  /** Rank. */
  r: z.int().min(1).max(1_000_000).optional(),
  /** Published at. */
  p: milliseconds.optional(),
  /** Microseconds behind it. */
  n: z.int().min(0).max(999).optional(),
  /** Unique id. */
  u: uniqueIds.optional(),
  /** Ids before it. */
  b: z.array(uniqueIds).max(2).optional(),
  /** Digest of the model. */
  m: z
    .string()
    .regex(/^[\w-]{6}$/)
    .optional(),
  /** Words only. */
  w: z.literal(1).optional(),
  /** Fallback. */
  f: z.literal(1).optional(),
});

/** A text that goes into a URL as it is. */
export function formatCursor(
  { position, isWordsOnly, isFallback, modelDigest }: Cursor,
  request: SearchRequest,
): string {
  const { asOf, rank, publishedAt, microseconds, uniqueId, before } = position;
  const fields: z.infer<typeof cursorSchema> = {
    d: digestRequest(request),
    a: asOf,
    r: rank,
    p: publishedAt,
    n: microseconds,
    u: uniqueId,
    b: before,
    m: modelDigest,
    w: isWordsOnly ? 1 : undefined,
    f: isFallback ? 1 : undefined,
  };
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** @throws {ProblemError} 400 when it is no cursor of ours, or one of another search. */
export function readCursor(request: SearchRequest): Cursor | undefined {
  if (request.cursor === undefined) return undefined;
  const { data, success } = cursorSchema.safeParse(parseJson(Buffer.from(request.cursor, 'base64url').toString()));
  if (!success) throw refuse('must be the `next` of an answer, unchanged');
  if (data.d !== digestRequest(request)) {
    throw refuse('belongs to another search: all parameters but limit and facets must stay as they were');
  }
  const { a: asOf, r: rank, p: publishedAt, n: microseconds, u: uniqueId, b: before, m: modelDigest, w, f } = data;
  const isWhole = isByRelevance(request) ? rank !== undefined : publishedAt !== undefined && uniqueId !== undefined;
  if (!isWhole) throw refuse('must be the `next` of an answer, unchanged');
  const position = { asOf, rank, publishedAt, microseconds, uniqueId, before } as Position;
  return { position, isWordsOnly: w === 1, isFallback: f === 1, modelDigest };
}

/** Whether the best come first; else the newest do. */
export function isByRelevance({ q, sort }: SearchRequest): boolean {
  return q !== '' && sort !== 'date';
}

function refuse(detail: string): ProblemError {
  return invalidParameters(searchParameters, [{ parameter: 'cursor', detail }]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Of what decides which results there are, and in which order. */
function digestRequest(request: SearchRequest): string {
  const { q, agency, theme, tag, from, to, has_summary } = request;
  const search = [q, agency?.toSorted(), theme, tag?.toSorted(), from, to, has_summary, isByRelevance(request)];
  return digest(JSON.stringify(search), 11);
}

/** Of the name of a model, as a cursor carries it. */
export function digestModel(model: string): string {
  return digest(model, 6);
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, length);
}
