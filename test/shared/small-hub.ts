import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What reading a dataset asks of the Hub, on loopback: one dataset at one commit, a file a page of the tree. */
export interface SmallHub {
  endpoint: string;
  id: string;
  sha: string;
  files: Map<string, { bytes: Uint8Array; etag: string }>;
  requests: { url: string; authorization: string | undefined; range: string | undefined }[];
  /** Lets the first requests for a file fail. */
  failing(times: number, fail: (response: ServerResponse, request: IncomingMessage) => void): void;
  close(): Promise<void>;
}

export async function startSmallHub(): Promise<SmallHub> {
  const [id, sha] = ['nitai/govbrnews', 'a'.repeat(40)];
  const requests: SmallHub['requests'] = [];
  const files: SmallHub['files'] = new Map();
  let failures = 0;
  let fail: Parameters<SmallHub['failing']>[1] = () => {};

  const server = createServer((request, response) => {
    const url = new URL(request.url!, endpoint);
    const { authorization, range } = request.headers;
    requests.push({ url: request.url!, authorization, range });
    const path = url.pathname;
    if (failures > 0 && path.includes('/resolve/')) {
      failures -= 1;
      fail(response, request);
    } else if (path === `/api/datasets/${id}/revision/main` || path === `/api/datasets/${id}/revision/${sha}`) {
      sendJson(response, { id, sha });
    } else if (path === `/api/datasets/${id}/tree/${sha}`) {
      sendTree(response, Number(url.searchParams.get('cursor') ?? 0));
    } else {
      sendRange(response, decodeURIComponent(path.replace(`/datasets/${id}/resolve/${sha}/`, '')), range);
    }
  });
  const sendTree = (response: ServerResponse, page: number) => {
    const entries = [...files].map(([path, { bytes }]) => ({ type: 'file', path, size: bytes.length }));
    const next = `<${endpoint}/api/datasets/${id}/tree/${sha}?recursive=true&cursor=${page + 1}>; rel="next"`;
    const isLast = page + 1 >= entries.length;
    const shown = [{ type: 'directory', path: 'data' }, ...entries.slice(page, page + 1)];
    sendJson(response, shown, isLast ? {} : { link: next });
  };
  const sendRange = (response: ServerResponse, path: string, range: string | undefined) => {
    const file = files.get(path);
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    if (!file || start === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${file.bytes.length}`, etag: file.etag });
    response.end(file.bytes.subarray(Number(start), Number(end) + 1));
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    id,
    sha,
    files,
    requests,
    failing(times, how) {
      failures = times;
      fail = how;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sendJson(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
