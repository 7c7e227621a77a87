import { createReadStream } from 'node:fs';
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import {
  type ExtractedRecord,
  type ExtractionFailure,
  extractListing,
  extractPage,
  type ListedRecord,
} from '../../functions/scrape/extract.ts';
import type { Page } from '../../functions/scrape/page.ts';
import { decodeBody } from '../../functions/scrape/read-body.ts';
import { readCatalogue } from '../../shared/catalogue.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { Platform } from '../../shared/platform.ts';
import { UsageError } from './errors.ts';

export interface ExtractFileOptions {
  /** Where the page was saved from. */
  url: string;
  listing?: boolean | undefined;
  platform?: Platform | undefined;
}

/** As much as the scraper takes of an answer. */
const MAX_BYTES = 10 * 1024 * 1024;
/** `news.url` is indexed, and an entry of an index has an end. */
const MAX_URL_LENGTH = 2000;

const COMPRESSIONS = [
  { magic: '1f8b', decompress: promisify(gunzip) },
  { magic: '28b52ffd', decompress: promisify(zstdDecompress) },
];

const EBC_AGENCIES: Readonly<Record<string, string>> = {
  'agenciabrasil.ebc.com.br': 'agencia_brasil',
  'tvbrasil.ebc.com.br': 'tvbrasil',
};

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
    const reason = `${nameOf(file)} is larger than ${MAX_BYTES} bytes, the most that is taken of a page`;
    return { failure: { category: 'unknown', reason } };
  }
  const contentType = contentTypeOf(bytes);
  const page: Page = { url, contentType, body: decodeBody(bytes, contentType) };
  const { platform } = options;
  if (options.listing) return extractListing(page, { platform });
  return extractPage(page, { platform, agencyKey: await agencyKeyOf(url) });
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
  const source = file === '-' ? process.stdin : createReadStream(file, { end: MAX_BYTES });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BYTES) return null;
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
    return await compression.decompress(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw new Error(`${nameOf(file)} cannot be decompressed: ${errorMessage(error)}`, { cause: error });
  }
}

/** The header that a saved page has lost, as far as its first bytes tell. */
function contentTypeOf(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 200);
  if (start.startsWith('\xff\xfe')) return 'text/html; charset=utf-16le';
  if (start.startsWith('\xfe\xff')) return 'text/html; charset=utf-16be';
  return /^(?:\xef\xbb\xbf)?\s*[{[]/.test(start) ? 'application/json' : 'text/html';
}

/** Whose page this is, by the project's catalogue; null on a host of which it says nothing. */
async function agencyKeyOf(url: string): Promise<string | null> {
  const { hostname, pathname } = new URL(url);
  const ebc = EBC_AGENCIES[hostname];
  if (ebc) return ebc;
  const path = pathname.split('/').filter((part) => part !== '' && part !== '++api++');
  const address = `${[`https://${hostname}`, ...path].join('/')}/`;
  const { agencies, sources } = await readCatalogue();
  const [source] = sources
    .filter((candidate) => address.startsWith(`${candidate.url}/`))
    .toSorted((a, b) => b.url.length - a.url.length);
  if (source) return source.agencyKey;
  const [segment] = path;
  // The portal of all agencies has its language where they have their names.
  if (hostname !== 'www.gov.br' || segment === undefined || segment === 'pt-br') return null;
  return agencies.find(({ key }) => key === segment)?.key ?? segment.toLowerCase().replaceAll('-', '_');
}
