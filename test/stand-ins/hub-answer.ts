import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** What a request is answered with: JSON, text, or a stretch of a file (`end` exclusive). */
export interface Answer {
  status: number;
  headers?: Record<string, string | number>;
  json?: unknown;
  text?: string;
  file?: { path: string; start: number; end: number };
}

/** An answer that says no. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(message: string, answer: Answer) {
    super(message);
    this.answer = answer;
  }
}

/** A refusal by the Hub, whose clients read the headers before the body. */
export function refusal(status: number, message: string, headers: Record<string, string> = {}): Refusal {
  return new Refusal(message, {
    status,
    headers: { 'X-Error-Message': message, ...headers },
    json: { error: message },
  });
}

export const ok = (json: unknown, headers: Record<string, string | number> = {}): Answer => ({
  status: 200,
  headers,
  json,
});

export const entryNotFound = (message: string) => refusal(404, message, { 'X-Error-Code': 'EntryNotFound' });
export const revisionNotFound = (revision: string) =>
  refusal(404, `Invalid rev id: ${revision}`, { 'X-Error-Code': 'RevisionNotFound' });

/** A refusal by the storage behind the Hub, which speaks S3's XML. */
export function storageRefusal(status: number, code: string, message: string): Refusal {
  return new Refusal(message, {
    status,
    headers: { 'Content-Type': 'application/xml' },
    text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  });
}

/** The link to the next page of an answer, as the clients follow it. */
export function nextPage(url: URL, parameters: Record<string, string>): { Link: string } {
  const next = new URL(url);
  for (const [name, value] of Object.entries(parameters)) next.searchParams.set(name, value);
  return { Link: `<${next.href}>; rel="next"` };
}

/**
 * Sends an answer; of one that is cut, the first half, and then the connection is closed.
 * Streams files, so that their size costs no memory.
 */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, json, text, file }: Answer,
  isCut = false,
): Promise<void> {
  const body = Buffer.from(json === undefined ? (text ?? '') : JSON.stringify(json));
  const contentType = json === undefined ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const length = file ? file.end - file.start : body.length;
  const sentBytes = isCut ? Math.floor(length / 2) : length;
  // Headers are Latin-1 on the wire.
  const printable = Object.entries(headers).map(([name, value]) => [name, encodeHeader(value)] as const);
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': length,
    ...Object.fromEntries(printable),
  });
  if (request.method === 'HEAD') response.end();
  else if (file && sentBytes > 0) {
    const content = createReadStream(file.path, { start: file.start, end: file.start + sentBytes - 1 });
    await pipeline(content, response, { end: !isCut });
  } else await new Promise<void>((sent) => response.write(body.subarray(0, sentBytes), () => sent()));
  if (isCut) response.destroy();
  else response.end();
  // What is left of a body that was refused would be taken for the next request.
  if (!request.complete) request.resume();
}

function encodeHeader(value: string | number): string {
  return String(value).replaceAll(/[^\x20-\x7e]+/g, encodeURIComponent);
}
