import { createReadStream } from 'node:fs';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { decodeBody, MAX_BODY_BYTES } from '../../functions/scrape/fetch/read-body.ts';
import type { Page } from '../../functions/scrape/page.ts';
import {
  type ExtractedRecord,
  type ExtractionFailure,
  extractListing,
  extractPage,
  type ListedRecord,
} from '../../functions/scrape/read/extract.ts';
import { MAX_URL_LENGTH } from '../../functions/scrape/read/read-article.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { Platform } from '../../shared/platform.ts';
import { agencyOfUrl } from './agency-of-url.ts';
import { UsageError } from './errors.ts';

export interface ExtractFileOptions {
  /** Where the page was saved from. */
  url: string;
  listing?: boolean | undefined;
  platform?: Platform | undefined;
}

/** How a browser begins what it saves as a single file. */
const MHTML = /^Content-Type:\s*multipart\/related\b/im;

const COMPRESSIONS = [
  { magic: '1f8b', decompress: promisify(gunzip) },
  { magic: '28b52ffd', decompress: promisify(zstdDecompress) },
];

/**
 * What would be stored from a saved page: a record, the entries of a listing, or why it is neither.
 *
 * @param file A path, or `-` for standard input; also compressed with gzip or zstd, whatever its name.
 * @throws {UsageError} when the address is none of a page that could be fetched.
 * @throws {Error} when the file cannot be read.
 */
export async function extractFile(
  file: string,
  options: ExtractFileOptions,
): Promise<ExtractedRecord | ListedRecord[] | ExtractionFailure> {
  const url = pageUrl(options.url);
  const bytes = await readBytes(file);
  if (bytes === null) {
    const reason = `${nameOf(file)} is larger than ${MAX_BODY_BYTES} bytes, the most that is taken of a page`;
    return { failure: { category: 'unknown', reason } };
  }
  const contentType = contentTypeOf(bytes);
  const page: Page = { url, contentType, body: decodeBody(bytes, contentType) };
  if (MHTML.test(page.body.slice(0, 2000))) {
    return { failure: { category: 'unknown', reason: `${nameOf(file)} is an archive (MHTML): save the page as HTML` } };
  }
  const { platform } = options;
  if (options.listing) return extractListing(page, { platform });
  return extractPage(page, { platform, agencyKey: await agencyOfUrl(url) });
}

function pageUrl(text: string): string {
  const url = URL.parse(text.trim());
  if (url?.protocol !== 'https:') throw new UsageError(`--url must be an https address, got "${text.slice(0, 200)}"`);
  if (url.href.length > MAX_URL_LENGTH) throw new UsageError(`--url must have at most ${MAX_URL_LENGTH} characters`);
  return url.href;
}

function nameOf(file: string): string {
  return file === '-' ? 'the standard input' : file;
}

/** Null over the limit, which is never read past. */
async function readBytes(file: string): Promise<Buffer | null> {
  const source = file === '-' ? process.stdin : createReadStream(file, { end: MAX_BODY_BYTES });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) return null;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new Error(`${nameOf(file)} cannot be read: ${errorMessage(error)}`, { cause: error });
  }
  return decompressed(file, Buffer.concat(chunks));
}

async function decompressed(file: string, bytes: Buffer): Promise<Buffer | null> {
  const compression = COMPRESSIONS.find(({ magic }) => bytes.toString('hex', 0, magic.length / 2) === magic);
  if (!compression) return bytes;
  try {
    return await compression.decompress(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw new Error(`${nameOf(file)} cannot be decompressed: ${errorMessage(error)}`, { cause: error });
  }
}

/** The header that a saved page has lost, as far as its first bytes tell. */
function contentTypeOf(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 200);
  return /^(?:\xef\xbb\xbf)?\s*[{[]/.test(start) ? 'application/json' : 'text/html';
}
