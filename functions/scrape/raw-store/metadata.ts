import { z } from 'zod';
import { PermanentError } from '../../../shared/errors.ts';
import { platforms } from '../../../shared/platform.ts';
import type { FetchedPage } from '../page.ts';
import type { RawContext } from './raw-store.ts';

/** Headers that say something about the page, the most useful first; never cookies. */
export const keptHeaders = [
  'content-type',
  'etag',
  'last-modified',
  'date',
  'cache-control',
  'content-language',
  'location',
  'link',
] as const;

// Together below 8 KiB, which is all the custom metadata that Cloud Storage takes for an object.
const MAX_URL_BYTES = 2048;
const MAX_CONTENT_TYPE_BYTES = 512;
const MAX_HEADER_BYTES = 1024;
const MAX_HEADERS_BYTES = 2560;

/** What is kept beside the bytes of a page. */
export const rawMetadataSchema = z.object({
  url: z.string(),
  requested_url: z.string(),
  status: z.number().int(),
  /** What the text was decoded by; `headers` has what was sent, which may be several joined. */
  content_type: z.string(),
  headers: z.record(z.string(), z.string()),
  fetched_at: z.iso.datetime().transform((text) => new Date(text)),
  platform: z.enum(platforms),
  extractor_version: z.number().int(),
});

/** The same as it is written. */
export type RawMetadata = z.input<typeof rawMetadataSchema>;

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

/** A header that does not fit is left out, not cut: half an ETag is a wrong one. */
function boundedHeaders(headers: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  let sizeBytes = 0;
  for (const name of keptHeaders) {
    const value = headers[name];
    if (value === undefined || bytesOf(value) > MAX_HEADER_BYTES) continue;
    const entryBytes = bytesOf(JSON.stringify({ [name]: value }));
    if (sizeBytes + entryBytes > MAX_HEADERS_BYTES) continue;
    sizeBytes += entryBytes;
    kept[name] = value;
  }
  return kept;
}

function refuseLonger(page: FetchedPage, name: 'url' | 'requestedUrl' | 'contentType', maxBytes: number): void {
  const sizeBytes = bytesOf(page[name]);
  if (sizeBytes <= maxBytes) return;
  throw new PermanentError(
    `${page.url.slice(0, 200)} cannot be kept: its ${name} has ${sizeBytes} bytes, expected at most ${maxBytes}`,
  );
}

/** @throws {PermanentError} when an address or the content type is too long to be kept whole. */
export function rawMetadata(page: FetchedPage, context: RawContext): RawMetadata {
  refuseLonger(page, 'url', MAX_URL_BYTES);
  refuseLonger(page, 'requestedUrl', MAX_URL_BYTES);
  refuseLonger(page, 'contentType', MAX_CONTENT_TYPE_BYTES);
  return {
    url: page.url,
    requested_url: page.requestedUrl,
    status: page.status,
    content_type: page.contentType,
    headers: boundedHeaders(page.headers),
    fetched_at: page.fetchedAt.toISOString(),
    platform: context.platform,
    extractor_version: context.extractorVersion,
  };
}
