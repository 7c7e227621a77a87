import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { saoPauloDay } from '../../../shared/time.ts';
import { answerAdmin } from './admin.ts';
import type { SampleArticle } from './article.ts';
import { type ArticlePatch, applyPatch } from './edit.ts';
import { generateArticles, generateBroken, generatePinned } from './generator.ts';
import type { PageWeight } from './layouts/portal.ts';
import { createSite, type PageKind } from './site.ts';
import { SAMPLE_HOSTS, SAMPLE_NOW } from './sources.ts';

export interface SitesOptions {
  /** 0 takes a free one. */
  port?: number;
  seed?: number;
  /** Articles that can be read. */
  articles?: number;
  /** Pages on top of them that are listed and cannot be read. */
  broken?: number;
  /** Its day in Brasília is the last day of publication; `SAMPLE_NOW` unless given. */
  now?: Date;
  /** Over how many days the articles are spread. */
  days?: number;
  weight?: PageWeight;
  /** How long every answer takes. */
  latencyMs?: number;
}

/** The running sample site. */
export interface Sites {
  port: number;
  /** First and last day of publication, `YYYY-MM-DD`; the pinned articles are older. */
  firstDay: string;
  lastDay: string;
  articles: readonly SampleArticle[];
  /** Older than `firstDay`, and at the top of their listings. */
  pinned: readonly SampleArticle[];
  brokenUrls: readonly string[];
  /** How many requests each kind of page has had. */
  requests: Record<PageKind, number>;
  /**
   * Changes a published article; its address stays.
   *
   * @throws {RangeError} when there is no article of that index.
   * @throws {z.ZodError} when the patch is wrong.
   */
  edit(index: number, patch: ArticlePatch): void;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** Serves the sample site on 127.0.0.1; which of its hosts is meant is read from the Host header. */
export async function startSites(options: SitesOptions = {}): Promise<Sites> {
  const { port = 0, seed = 1, articles: size = 200, broken: brokenCount = 3, days = 14 } = options;
  const { now = SAMPLE_NOW, weight = 'light', latencyMs = 0 } = options;
  const articles = generateArticles({ seed, articles: size, now, days });
  const broken = generateBroken({ seed, broken: brokenCount, now, days });
  const pinned = generatePinned({ seed, now, days });
  const answer = createSite({ articles, broken, pinned, weight });
  const requests: Record<PageKind, number> = { listing: 0, article: 0, api: 0, robots: 0, other: 0 };

  const edit = (index: number, patch: ArticlePatch) => {
    const article = articles[index];
    if (!article) throw new RangeError(`There is no article ${index}, only ${articles.length}`);
    applyPatch(article, patch, new Date());
  };

  const period = { firstDay: saoPauloDay(new Date(now.getTime() - (days - 1) * DAY_MS)), lastDay: saoPauloDay(now) };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const url = URL.parse(request.url ?? '/', `https://${host}`);
    if (!url) return send(request, response, { status: 400, contentType: 'text/plain', body: 'Bad Request' });
    if (latencyMs > 0) await setTimeout(latencyMs);
    if (host === '127.0.0.1' || host === 'localhost') {
      const method = request.method ?? 'GET';
      const { status, body } = answerAdmin({ method, url, body: await text(request) }, { articles, period, edit });
      return send(request, response, { status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` });
    }
    if (!SAMPLE_HOSTS.includes(host)) {
      return send(request, response, { status: 421, contentType: 'text/plain', body: `No such host: ${host}` });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(request, response, { status: 405, contentType: 'text/plain', body: 'Method Not Allowed' });
    }
    const page = answer(url);
    requests[page.kind] += 1;
    send(request, response, page);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    ...period,
    articles,
    pinned,
    brokenUrls: broken.map((article) => article.url),
    requests,
    edit,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Sendable {
  status: number;
  contentType: string;
  body: string;
  location?: string;
}

/** Answers 304 to a reader that has the page already. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body, location }: Sendable,
): void {
  const etag = `"${createHash('sha1').update(body).digest('hex')}"`;
  if (status === 200 && request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...(status === 200 ? { etag } : {}),
    ...(location ? { location } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
