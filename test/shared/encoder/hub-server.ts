import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

const MODEL = 'owner/tiny';
const XET_FILE_INFO = 'application/vnd.xet-fileinfo+json';
/** Of `main`. */
export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface HubServer {
  url: string;
  /** What was asked: `METHOD /path`, without the query. */
  requests: string[];
  /** Which files were sent, each from which byte on. */
  sent: { path: string; start: number }[];
  /** Replace it to answer requests for a file wrongly; it returns whether it did. */
  misbehave: (path: string, response: ServerResponse, content: Buffer) => boolean;
  close(): Promise<void>;
}

/**
 * The part of the Hub that serves one model, `owner/tiny` on `main`, on loopback: model info, path info and files by byte
 * range. Anything else is answered as the Hub does: 401 for an unknown model, 404 for an unknown revision or file.
 */
export async function startHubServer(t: TestContext, files: Record<string, Buffer>): Promise<HubServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const hub: HubServer = {
    url: '',
    requests: [],
    sent: [],
    misbehave: () => false,
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url!, 'http://hub').pathname);
    hub.requests.push(`${request.method} ${path}`);
    if (!path.startsWith(`/api/models/${MODEL}/`) && !path.startsWith(`/${MODEL}/`)) {
      return send(response, 401, { error: 'Invalid username or password.' });
    }
    if (path === `/api/models/${MODEL}/revision/main`) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      return send(response, 200, { _id: '1', id: MODEL, sha: COMMIT, siblings, lastModified: new Date(0) });
    }
    if (request.method === 'POST' && path === `/api/models/${MODEL}/paths-info/${COMMIT}`) {
      const { paths } = (await json(request)) as { paths: string[] };
      return send(
        response,
        200,
        paths.filter((each) => each in files).map((each) => pathInfo(each, files[each]!)),
      );
    }
    const prefix = `/${MODEL}/resolve/${COMMIT}/`;
    if (!path.startsWith(prefix)) return send(response, 404, { error: 'Invalid rev id' }, 'RevisionNotFound');
    const file = path.slice(prefix.length);
    const content = files[file];
    if (!content) return send(response, 404, { error: 'Entry not found' }, 'EntryNotFound');
    if (hub.misbehave(file, response, content)) return;
    const acceptsXet = request.headers.accept?.includes(XET_FILE_INFO);
    if (acceptsXet && !file.endsWith('.json')) return sendXetInfo(response, content, hub.url);
    hub.sent.push({ path: file, start: sendFile(request, response, content) });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => hub.close());
  return hub;
}

/** Every file below a folder, by its path. */
export async function readFiles(folder: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [relative(folder, path), await readFile(path)])),
  );
}

function pathInfo(path: string, content: Buffer) {
  const blob = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const info = { type: 'file', path, size: content.length, oid: blob };
  if (path.endsWith('.json')) return info;
  // Git has only the pointer, whose object is not that of the content.
  const oid = createHash('sha256').update(content).digest('hex');
  return { ...info, oid: '0'.repeat(40), lfs: { oid, size: content.length, pointerSize: 134 } };
}

function send(response: ServerResponse, status: number, body: unknown, errorCode?: string): void {
  const headers = { 'content-type': 'application/json', ...(errorCode && { 'x-error-code': errorCode }) };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

// Where a large file could be had in chunks; this server has it only as a whole.
function sendXetInfo(response: ServerResponse, content: Buffer, url: string): void {
  const hash = createHash('sha256').update(content).digest('hex');
  const links = [`<${url}/xet-token>; rel="xet-auth"`, `<${url}/xet/${hash}>; rel="xet-reconstruction-info"`];
  response.writeHead(200, {
    'content-type': XET_FILE_INFO,
    etag: `"${hash}"`,
    'x-linked-size': content.length,
    'x-xet-hash': hash,
    link: links.join(', '),
  });
  response.end('{}');
}

/** Returns the first byte that is sent. */
function sendFile(request: IncomingMessage, response: ServerResponse, content: Buffer): number {
  response.setHeader('etag', `"${createHash('sha256').update(content).digest('hex')}"`);
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (!range) {
    response.writeHead(200, { 'content-length': content.length }).end(content);
    return 0;
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]), content.length - 1)];
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${content.length}` });
  response.end(content.subarray(start, end + 1));
  return start;
}
