import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { refusal, revisionNotFound } from './hub-answer.ts';
import type { FileTree, Repository } from './hub-repository.ts';

/** A request about one dataset, with the parts of its path by name. */
export interface HubRequest {
  request: IncomingMessage;
  url: URL;
  /** Decoded; '' where the path has none. */
  part(name: 'rev' | 'path' | 'oid'): string;
  repository: Repository;
}

/** The commit that the path names. @throws {Refusal} when there is none. */
export function revisionOf({ part, repository }: HubRequest): string {
  const oid = repository.resolve(part('rev'));
  if (oid === undefined) throw revisionNotFound(part('rev'));
  return oid;
}

/** The commit that the path names, and its files. @throws {Refusal} when there is none. */
export async function filesOf(hubRequest: HubRequest): Promise<{ oid: string; files: FileTree }> {
  const oid = revisionOf(hubRequest);
  return { oid, files: await hubRequest.repository.files(oid) };
}

/** A whole number from the query. @throws {Refusal} when it is none, or out of bounds. */
export function wholeNumber(url: URL, name: string, { standard = 0, minimum = 0, maximum = 1e9 }): number {
  const text = url.searchParams.get(name);
  if (text === null) return standard;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw refusal(400, `"${name}" must be a whole number from ${minimum} to ${maximum}`);
}

/** The body as it comes. Whoever stops reading can still answer. */
export function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}

/** The body, whole. @throws {Refusal} with 413 past the limit. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunksOf(request)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw refusal(413, 'Payload too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A text as JSON of this form. @throws {Refusal} with 400 when it is not. */
export function parseJson<T>(text: string, schema: z.ZodType<T>, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refusal(400, `${what} is not JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refusal(400, `${what}: ${z.prettifyError(result.error).replaceAll(/\s+/g, ' ')}`);
}
