import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bucket, objectResource, Refusal, type StoredObject } from './storage-objects.ts';
import { createUploads } from './storage-uploads.ts';

export interface StorageStandInOptions {
  /** Names of the buckets that are there. */
  buckets: string[];
  /** False: uploads over an object are forbidden, as to a client without `storage.objects.delete`. Default true. */
  canReplace?: boolean;
  /** Default: any free port. */
  port?: number;
}

/**
 * The part of the JSON API of Cloud Storage that the project uses, in memory, on 127.0.0.1: uploads of all three kinds,
 * and objects and their metadata by name. It refuses what the real service refuses, except requests without a token: the
 * client sends none to an endpoint that is not Google's.
 *
 * @see https://cloud.google.com/storage/docs/json_api/v1
 */
export interface StorageStandIn {
  url: string;
  /** Objects of a bucket by name; tests may alter them. */
  objects(bucket: string): Map<string, StoredObject>;
  /** The next requests are answered with this status (default 503) and change nothing. */
  failNext(count: number, status?: number): void;
  /** The next requests are done and answered only after this time. */
  stallNext(count: number, ms: number): void;
  /** The next requests are done, and the connection is closed in place of the answer. */
  loseNext(count: number): void;
  /** The next contents arrive with one byte altered on the way: in uploads and in downloads. */
  alterNext(count: number): void;
  /** Ends all of these for requests to come. */
  recover(): void;
  /** Method and path with query of all requests, in order of arrival. */
  requests(): string[];
  close(): Promise<void>;
}

const reasons: Record<number, string> = {
  401: 'required',
  403: 'forbidden',
  429: 'rateLimitExceeded',
  500: 'internalError',
  503: 'backendError',
};

export async function startStorage({
  buckets: names,
  canReplace = true,
  port = 0,
}: StorageStandInOptions): Promise<StorageStandIn> {
  const buckets = new Map<string, Bucket>(names.map((name) => [name, new Map()]));
  const requests: string[] = [];
  const closing = new AbortController();
  const none = { fail: 0, status: 503, stall: 0, ms: 0, lose: 0, alter: 0 };
  const trouble = { ...none };
  const uploads = createUploads({ canReplace, receive: altered });

  function bucketOf(name: string): Bucket {
    const bucket = buckets.get(name);
    if (!bucket) throw new Refusal(404, 'notFound', 'The specified bucket does not exist.');
    return bucket;
  }

  function upload(
    request: IncomingMessage,
    url: URL,
    bucketName: string,
    body: Buffer,
    response: ServerResponse,
  ): void {
    const result = uploads[request.method === 'PUT' ? 'resume' : 'start']({
      bucket: bucketOf(bucketName),
      query: url.searchParams,
      contentType: request.headers['content-type'] ?? 'application/octet-stream',
      announcedType: String(request.headers['x-upload-content-type'] ?? 'application/octet-stream'),
      contentRange: request.headers['content-range'] ?? '',
      body,
    });
    if ('object' in result) {
      sendJson(response, 200, objectResource(bucketName, result.object));
    } else if ('uploadId' in result) {
      const location = new URL(url.pathname, `http://${request.headers.host}`);
      location.search = new URLSearchParams({ uploadType: 'resumable', upload_id: result.uploadId }).toString();
      response.writeHead(200, { Location: location.href }).end();
    } else {
      // Without a Range nothing has been kept yet.
      const { receivedBytes } = result;
      response.writeHead(308, receivedBytes > 0 ? { Range: `bytes=0-${receivedBytes - 1}` } : {}).end();
    }
  }

  function get(url: URL, bucketName: string, name: string, response: ServerResponse): void {
    const object = bucketOf(bucketName).get(name);
    const generation = url.searchParams.get('generation');
    if (!object || (generation !== null && generation !== object.generation)) {
      throw new Refusal(404, 'notFound', `No such object: ${bucketName}/${name}`);
    }
    if (url.searchParams.get('alt') !== 'media') {
      sendJson(response, 200, objectResource(bucketName, object));
      return;
    }
    response.writeHead(200, {
      'Content-Type': object.contentType,
      'Content-Length': object.content.length,
      'x-goog-generation': object.generation,
      'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
      'x-goog-stored-content-encoding': 'identity',
      'x-goog-stored-content-length': object.content.length,
    });
    response.end(altered(object.content));
  }

  /** The content, its last byte another one when that was asked for. */
  function altered(content: Buffer): Buffer {
    if (trouble.alter === 0 || content.length === 0) return content;
    trouble.alter -= 1;
    const copy = Buffer.from(content);
    copy[copy.length - 1]! ^= 0xff;
    return copy;
  }

  function route(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): void {
    const toUpload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname);
    if (toUpload && (request.method === 'POST' || request.method === 'PUT')) {
      upload(request, url, decodeURIComponent(toUpload[1]!), body, response);
      return;
    }
    // STORAGE_EMULATOR_HOST replaces the whole base, /storage/v1 included.
    const toObject = /^(?:\/storage\/v1)?\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname);
    if (toObject && request.method === 'GET') {
      get(url, decodeURIComponent(toObject[1]!), decodeURIComponent(toObject[2]!), response);
      return;
    }
    throw new Refusal(404, 'notFound', 'Not Found');
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://stand-in');
    requests.push(`${request.method} ${url.pathname}${url.search}`);
    try {
      if (trouble.fail > 0) {
        trouble.fail -= 1;
        throw new Refusal(trouble.status, reasons[trouble.status] ?? 'invalid', `Told to answer ${trouble.status}`);
      }
      if (trouble.stall > 0) {
        trouble.stall -= 1;
        await sleep(trouble.ms, undefined, { signal: closing.signal });
      }
      if (trouble.lose > 0) {
        trouble.lose -= 1;
        // Whatever is written from here on does not arrive.
        request.socket.destroy();
      }
      route(request, url, Buffer.concat(chunks), response);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, reason, message } = error;
      sendJson(response, status, { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } });
    }
  }

  const server = createServer((request, response) => {
    // The client went away in the middle of its request, or the stand-in is closing.
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: bucketOf,
    failNext: (count, status = 503) => void Object.assign(trouble, { fail: count, status }),
    stallNext: (count, ms) => void Object.assign(trouble, { stall: count, ms }),
    loseNext: (count) => void Object.assign(trouble, { lose: count }),
    alterNext: (count) => void Object.assign(trouble, { alter: count }),
    recover: () => void Object.assign(trouble, none),
    requests: () => [...requests],
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
}
