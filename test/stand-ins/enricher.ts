import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFaults, type Faults } from './faults.ts';

/** What an enricher is asked about one article. */
export interface EnricherRequest {
  title: string;
  subtitle: string | null;
  lead: string | null;
  content: string;
  taxonomy: { code: string; label: string }[];
}

export interface EnricherStandIn extends Faults {
  url: string;
  /** Answers that were work, not refusals. */
  answered(): number;
  close(): Promise<void>;
}

/**
 * An enricher over HTTP on 127.0.0.1 whose answers follow from the text alone: `POST /` with an article and the
 * taxonomy, and with the key as bearer token.
 */
export async function startEnricher(options: { apiKey: string; port?: number }): Promise<EnricherStandIn> {
  const faults = createFaults();
  let answered = 0;

  async function answer(request: IncomingMessage, body: string): Promise<{ status: number; body: unknown }> {
    const line = `${request.method} ${request.url}`;
    const control = faults.controls[line];
    if (control) return { status: 200, body: control(body === '' ? {} : JSON.parse(body)) };
    const status = faults.arrive(line);
    if (status !== undefined) return { status, body: { error: `Told to answer ${status}` } };
    return await faults.hold(() => {
      if (line !== 'POST /') return { status: 404, body: { error: 'Not found' } };
      if (request.headers.authorization !== `Bearer ${options.apiKey}`) {
        return { status: 401, body: { error: 'A valid key must be sent as bearer token' } };
      }
      const article = parseArticle(body);
      if (!article) return { status: 400, body: { error: 'title, content and taxonomy must be sent as JSON' } };
      answered += 1;
      return { status: 200, body: enrichmentOf(article) };
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, body } = await answer(request, Buffer.concat(chunks).toString('utf8'));
    const headers = status === 429 ? { 'retry-after': '1' } : {};
    response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    // The client went away in the middle of its request, or the stand-in is closing.
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    ...faults,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered: () => answered,
    close: async () => {
      faults.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The summary of a text: its first words, and a digest that any change of it changes. */
export function summaryOf({ title, subtitle, lead, content }: Omit<EnricherRequest, 'taxonomy'>): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([title, subtitle, lead, content]))
    .digest('hex');
  return `Resumo: ${title.split(/\s+/).slice(0, 6).join(' ')} ${digest.slice(0, 12)}`;
}

function enrichmentOf(article: EnricherRequest): object {
  const summary = summaryOf(article);
  const ofFirstLevel = article.taxonomy.filter(({ code }) => !code.includes('.'));
  const theme = ofFirstLevel[Number.parseInt(summary.slice(-6), 16) % ofFirstLevel.length];
  return {
    themes: { level1: theme?.code ?? null, level2: null, level3: null },
    summary,
    features: { word_count: article.content.split(/\s+/).filter(Boolean).length },
  };
}

function parseArticle(body: string): EnricherRequest | undefined {
  try {
    const article = JSON.parse(body) as Partial<EnricherRequest> | null;
    const isComplete = article?.title && typeof article.content === 'string' && Array.isArray(article.taxonomy);
    return isComplete ? (article as EnricherRequest) : undefined;
  } catch {
    return undefined;
  }
}
