import { createHash } from 'node:crypto';
import { CRC32C } from '@google-cloud/storage';

/** An object as it is stored. */
export interface StoredObject {
  name: string;
  generation: string;
  contentType: string;
  /** Custom metadata. */
  metadata: Record<string, string>;
  content: Buffer;
  md5Hash: string;
  crc32c: string;
  createdAt: Date;
}

/** Objects of one bucket by name. */
export type Bucket = Map<string, StoredObject>;

/** An answer that is no success, as the real API words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** What the client says of an object it inserts. */
export interface ObjectRequest {
  name: string;
  contentType: string;
  metadata: Record<string, string>;
  md5Hash?: string;
  crc32c?: string;
}

const MAX_NAME_BYTES = 1024;
const MAX_CUSTOM_METADATA_BYTES = 8192;

const invalid = (message: string) => new Refusal(400, 'invalid', message);

/**
 * Reads the resource of an insert; the name may be in the query too, which then wins.
 *
 * @throws {Refusal} 400 when the real API would not take it.
 */
export function readObjectRequest(
  resource: Record<string, unknown>,
  query: URLSearchParams,
  contentType: string,
): ObjectRequest {
  const name = query.get('name') ?? resource.name;
  if (typeof name !== 'string' || name === '') throw new Refusal(400, 'required', 'Required');
  const isReserved = name === '.' || name === '..' || name.startsWith('.well-known/acme-challenge/');
  if (isReserved || Buffer.byteLength(name) > MAX_NAME_BYTES || /[\r\n]/.test(name)) {
    throw invalid(`Invalid object name: '${name.slice(0, 100)}'`);
  }
  const metadata = (resource.metadata ?? {}) as Record<string, unknown>;
  let sizeBytes = 0;
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') throw invalid(`Invalid value for: metadata.${key}`);
    sizeBytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (sizeBytes > MAX_CUSTOM_METADATA_BYTES) throw invalid('The metadata for this object is too large.');
  return {
    name,
    contentType: typeof resource.contentType === 'string' ? resource.contentType : contentType,
    metadata: metadata as Record<string, string>,
    ...(typeof resource.md5Hash === 'string' && { md5Hash: resource.md5Hash }),
    ...(typeof resource.crc32c === 'string' && { crc32c: resource.crc32c }),
  };
}

/** @throws {Refusal} 412 when the object is not as the request expects it, 400 when the number is none. */
export function checkPreconditions(bucket: Bucket, name: string, query: URLSearchParams): void {
  const generation = bucket.get(name)?.generation ?? '0';
  const isAsked = (parameter: string) => {
    const value = query.get(parameter);
    if (value !== null && !/^\d+$/.test(value)) throw invalid(`Invalid value for: ${parameter}`);
    return value;
  };
  const match = isAsked('ifGenerationMatch');
  const noMatch = isAsked('ifGenerationNotMatch');
  if ((match !== null && match !== generation) || (noMatch !== null && noMatch === generation)) {
    throw new Refusal(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');
  }
}

/** @throws {Refusal} 400 when the content has not the hash that the request gives. */
export function insertObject(bucket: Bucket, request: ObjectRequest, content: Buffer): StoredObject {
  const md5Hash = createHash('md5').update(content).digest('base64');
  const checksum = new CRC32C();
  checksum.update(content);
  const crc32c = checksum.toString();
  if (request.md5Hash !== undefined && request.md5Hash !== md5Hash) {
    throw invalid(`Provided MD5 hash "${request.md5Hash}" doesn't match calculated MD5 hash "${md5Hash}".`);
  }
  if (request.crc32c !== undefined && request.crc32c !== crc32c) {
    throw invalid(`Provided CRC32C "${request.crc32c}" doesn't match calculated CRC32C "${crc32c}".`);
  }
  const { name, contentType, metadata } = request;
  const previous = Number(bucket.get(name)?.generation ?? 0);
  const generation = String(Math.max(Date.now() * 1000, previous + 1));
  const object = { name, generation, contentType, metadata, content, md5Hash, crc32c, createdAt: new Date() };
  bucket.set(name, object);
  return object;
}

/** The object as the API describes it. */
export function objectResource(bucketName: string, object: StoredObject): Record<string, unknown> {
  const { name, generation, contentType, metadata, content, md5Hash, crc32c, createdAt } = object;
  return {
    kind: 'storage#object',
    id: `${bucketName}/${name}/${generation}`,
    bucket: bucketName,
    name,
    generation,
    metageneration: '1',
    contentType,
    storageClass: 'STANDARD',
    size: String(content.length),
    md5Hash,
    crc32c,
    timeCreated: createdAt.toISOString(),
    updated: createdAt.toISOString(),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/**
 * The two parts of a `multipart/related` body: the resource and the content.
 *
 * @throws {Refusal} 400 when there are not two parts, or the first is no JSON.
 * @see https://cloud.google.com/storage/docs/uploading-objects#multipart-rest
 */
export function splitMultipart(
  body: Buffer,
  contentType: string,
): { resource: Record<string, unknown>; content: Buffer; contentType: string } {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (!boundary) throw invalid('Multipart content type without boundary.');
  const delimiter = Buffer.from(`--${boundary}`);
  const starts: number[] = [];
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + 1)) starts.push(at);
  const isClosed = starts.length === 3 && body.toString('latin1', starts[2]! + delimiter.length).startsWith('--');
  if (!isClosed) throw invalid('Malformed multipart body.');
  const [first, second] = [0, 1].map((index) => {
    const part = body.subarray(starts[index]! + delimiter.length + 2, starts[index + 1]! - 2);
    const headersEnd = part.indexOf('\r\n\r\n');
    if (headersEnd < 0) throw invalid('Malformed multipart body.');
    const headers = part.toString('latin1', 0, headersEnd);
    return {
      type: /^content-type:\s*(.+)$/im.exec(headers)?.[1]?.trim() ?? '',
      content: part.subarray(headersEnd + 4),
    };
  });
  return {
    resource: parseResource(first!.content),
    content: Buffer.from(second!.content),
    contentType: second!.type || 'application/octet-stream',
  };
}

/** @throws {Refusal} 400 when it is no JSON object. */
export function parseResource(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Refused below, as any other value that is no object.
  }
  throw new Refusal(400, 'parseError', 'Parse Error');
}
