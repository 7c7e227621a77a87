import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { errorMessage, PermanentError } from '../../../shared/errors.ts';
import { plainMessage } from '../../../shared/schema-messages.ts';
import { decodeBody, MAX_BODY_BYTES } from '../fetch/read-body.ts';
import type { FetchedPage } from '../page.ts';
import { DamagedRawPageError } from './errors.ts';
import { type RawMetadata, rawMetadata, rawMetadataSchema } from './metadata.ts';
import { hashOfPath, rawPagePath, sha256Hex } from './path.ts';
import type { RawContext, RawPage } from './raw-store.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Longest object that `encodeRawPage` makes: zstd adds a little to what it cannot compress. */
export const maxObjectBytes = MAX_BODY_BYTES + 64 * 1024;
// A quarter of a millisecond for a page, 5 % smaller than the default; above it only the time grows.
const LEVEL = 9;

/** A page in the form in which it is kept. */
export interface EncodedPage {
  path: string;
  metadata: RawMetadata;
  /** The body, compressed; only made when it is asked for, because most often it is there already. */
  compress(): Promise<Buffer>;
}

/** @throws {PermanentError} when the page is beyond the limits of what is kept. */
export function encodeRawPage(page: FetchedPage, context: RawContext): EncodedPage {
  const { bytes } = page;
  if (bytes.byteLength > MAX_BODY_BYTES) {
    throw new PermanentError(
      `${page.url.slice(0, 200)} cannot be kept: it has ${bytes.byteLength} bytes, expected at most ${MAX_BODY_BYTES}`,
    );
  }
  return {
    metadata: rawMetadata(page, context),
    path: rawPagePath(context.source, page.fetchedAt, sha256Hex(bytes)),
    compress: () =>
      compress(bytes, {
        params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
        pledgedSrcSize: bytes.byteLength,
      }),
  };
}

/** @throws {DamagedRawPageError} when the bytes are not those the path names, or the metadata lacks something. */
export async function decodeRawPage(path: string, compressed: Uint8Array, metadata: unknown): Promise<RawPage> {
  const parsed = rawMetadataSchema.safeParse(metadata, { error: plainMessage });
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path: place }) => place.join('.') || 'all of it');
    throw new DamagedRawPageError(path, `its metadata is not usable: ${[...new Set(names)].join(', ')}`);
  }
  const bytes = await decompress(compressed, { maxOutputLength: MAX_BODY_BYTES }).catch((cause: unknown) => {
    throw new DamagedRawPageError(path, `it cannot be decompressed: ${errorMessage(cause)}`, { cause });
  });
  const sha256 = sha256Hex(bytes);
  if (sha256 !== hashOfPath(path)) throw new DamagedRawPageError(path, `its body has the SHA-256 ${sha256}`);
  const { url, requested_url, status, content_type, headers, fetched_at, platform, extractor_version } = parsed.data;
  return {
    url,
    requestedUrl: requested_url,
    status,
    contentType: content_type,
    headers,
    fetchedAt: fetched_at,
    bytes,
    body: decodeBody(bytes, content_type),
    platform,
    extractorVersion: extractor_version,
  };
}
