import { pipeline, type Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import { PageLimitError } from '../errors.ts';

/** As much as is taken of a page. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  // RFC 9659: no window over 8 MB on the web; without this one frame may ask for 128 MB.
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } }),
};

/** What `readBody` can undo, once: nobody was asked for two encodings on top of each other. */
export const ACCEPT_ENCODING = 'gzip, br, zstd';

export interface ReadBodyOptions {
  url: string;
  contentEncoding: string;
  maxBytes: number;
  /** Whether a longer body is cut off there instead of refused. */
  isCut?: boolean;
}

/**
 * Reads a body while it streams, decompressed, and gives up as soon as it passes the limit: a decompression bomb is
 * never held in memory.
 *
 * @throws {PageLimitError} when the body is larger than `maxBytes` or its encoding is none we asked for.
 */
export async function readBody(body: Readable, options: ReadBodyOptions): Promise<Buffer> {
  const { url, maxBytes, isCut = false } = options;
  const encoding = options.contentEncoding.trim().toLowerCase();
  const isPlain = encoding === '' || encoding === 'identity';
  const createDecoder = Object.hasOwn(decoders, encoding) ? decoders[encoding as keyof typeof decoders] : undefined;
  if (!isPlain && !createDecoder) {
    // An unread body reports its own end as an error.
    body.on('error', () => {}).destroy();
    throw new PageLimitError(url, `its encoding is "${encoding.slice(0, 40)}", expected one of ${ACCEPT_ENCODING}`);
  }
  // The error of a broken stream is thrown by the loop below; pipeline only sees to it that both ends are destroyed.
  const stream = createDecoder ? pipeline(body, createDecoder(), () => {}) : body;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    chunks.push(chunk);
    if (sizeBytes <= maxBytes) continue;
    if (!isCut) throw new PageLimitError(url, `it is larger than ${maxBytes} bytes`);
    return Buffer.concat(chunks, maxBytes);
  }
  return Buffer.concat(chunks, sizeBytes);
}

function decoderFor(label: string | undefined): TextDecoder | null {
  if (label === undefined) return null;
  try {
    return new TextDecoder(label);
  } catch {
    return null; // A label that no browser knows says nothing.
  }
}

/** By which a text says how it is written, whatever is said about it elsewhere. */
const BYTE_ORDER_MARKS = { 'utf-8': [0xef, 0xbb, 0xbf], 'utf-16le': [0xff, 0xfe], 'utf-16be': [0xfe, 0xff] };

function markedEncoding(bytes: Buffer): string | undefined {
  return Object.entries(BYTE_ORDER_MARKS).find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))?.[0];
}

const META_CHARSET = /<meta\s[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)/i;

/**
 * Decodes a body by byte-order mark, header, `<meta>` in the first 1024 bytes, in this order; without any, UTF-8 if it
 * is valid as such, else Windows-1252, which is what older portals send. JSON is UTF-8, whatever markup it carries.
 */
export function decodeBody(bytes: Buffer, contentType: string): string {
  const declared =
    decoderFor(markedEncoding(bytes)) ??
    decoderFor(/charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(contentType)?.[1]) ??
    decoderFor(/json/i.test(contentType) ? 'utf-8' : META_CHARSET.exec(bytes.toString('latin1', 0, 1024))?.[1]);
  if (declared) return declared.decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
