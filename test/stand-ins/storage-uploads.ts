import { randomUUID } from 'node:crypto';
import {
  type Bucket,
  checkPreconditions,
  insertObject,
  type ObjectRequest,
  parseResource,
  Refusal,
  readObjectRequest,
  type StoredObject,
  splitMultipart,
} from './storage-objects.ts';

const CHUNK_BYTES = 256 * 1024;

interface Session {
  bucket: Bucket;
  request: ObjectRequest;
  query: URLSearchParams;
  received: Buffer;
}

/** One request to the upload endpoint. */
export interface UploadRequest {
  bucket: Bucket;
  query: URLSearchParams;
  contentType: string;
  /** Of the content that a resumable upload announces. */
  announcedType: string;
  contentRange: string;
  body: Buffer;
}

/** The object, once it is whole; before that where a resumable upload goes on, or how much of it has arrived. */
export type UploadResult = { object: StoredObject } | { uploadId: string } | { receivedBytes: number };

/**
 * The three ways to upload. `receive` is what the network does to the content. Who may not replace an object is told so
 * before its precondition is looked at: which of the two Cloud Storage does first is not documented, and this is the
 * harder one.
 *
 * @see https://cloud.google.com/storage/docs/uploads-downloads
 */
export function createUploads({ canReplace, receive }: { canReplace: boolean; receive(content: Buffer): Buffer }) {
  const sessions = new Map<string, Session>();

  function check(bucket: Bucket, name: string, query: URLSearchParams): void {
    if (!canReplace && bucket.has(name)) {
      throw new Refusal(403, 'forbidden', 'The client does not have storage.objects.delete access to the object.');
    }
    checkPreconditions(bucket, name, query);
  }

  function insert(bucket: Bucket, request: ObjectRequest, query: URLSearchParams, content: Buffer): UploadResult {
    check(bucket, request.name, query);
    return { object: insertObject(bucket, request, receive(content)) };
  }

  function start({ bucket, query, contentType, announcedType, body }: UploadRequest): UploadResult {
    switch (query.get('uploadType')) {
      case 'media':
        return insert(bucket, readObjectRequest({}, query, contentType), query, body);
      case 'multipart': {
        const parts = splitMultipart(body, contentType);
        return insert(bucket, readObjectRequest(parts.resource, query, parts.contentType), query, parts.content);
      }
      case 'resumable': {
        const resource = body.length > 0 ? parseResource(body) : {};
        const request = readObjectRequest(resource, query, announcedType);
        check(bucket, request.name, query);
        const uploadId = randomUUID();
        sessions.set(uploadId, { bucket, request, query, received: Buffer.alloc(0) });
        return { uploadId };
      }
      default:
        throw new Refusal(400, 'invalidParameter', 'Invalid value for: uploadType');
    }
  }

  /** A chunk of a resumable upload, or the question `bytes *` + `/…` how far it is. */
  function resume({ query, contentRange, body }: UploadRequest): UploadResult {
    const uploadId = query.get('upload_id') ?? '';
    const session = sessions.get(uploadId);
    if (!session) throw new Refusal(404, 'notFound', 'Not Found');
    const range = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(contentRange);
    if (contentRange !== '' && !range) throw new Refusal(400, 'invalid', 'Failed to parse Content-Range header.');
    const offset = Number(range?.[1] ?? (range ? session.received.length : 0));
    if (offset !== session.received.length) throw new Refusal(503, 'backendError', 'Invalid request: wrong offset.');
    // `bytes 0-*` and no total: all that comes in this request.
    const isToEnd = !range || range[2] === '*';
    const total = isToEnd ? offset + body.length : range[3] === '*' ? null : Number(range[3]);
    const received = Buffer.concat([session.received, body]);
    if (total !== null && received.length > total) throw new Refusal(400, 'invalid', 'More bytes than announced.');
    const isWhole = total === received.length;
    if (!isWhole && body.length % CHUNK_BYTES !== 0) {
      throw new Refusal(400, 'invalid', 'Chunks but the last must be multiples of 256 KiB.');
    }
    session.received = received;
    if (!isWhole) return { receivedBytes: received.length };
    sessions.delete(uploadId);
    return insert(session.bucket, session.request, session.query, received);
  }

  return { start, resume };
}
