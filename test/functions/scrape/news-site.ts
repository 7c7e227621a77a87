import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach } from 'node:test';
import type { Dispatcher } from 'undici';
import { createHostGate } from '../../../functions/scrape/fetch/host-gate.ts';
import { createRobots } from '../../../functions/scrape/fetch/robots.ts';
import { nullRawStore } from '../../../functions/scrape/raw-store/open.ts';
import type { ScrapeRequest } from '../../../functions/scrape/request.ts';
import { followUps, runScrape, type ScrapeRunDeps, type ScrapeRunReport } from '../../../functions/scrape/run.ts';
import { articleWrites } from '../../../shared/article-writes.ts';
import type { Database } from '../../../shared/database.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { sitesDispatcher } from '../../stand-ins/sites/dispatcher.ts';
import { createRecorder, type Recorder, seedAgency } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

export const root = 'https://www.gov.br/mec/pt-br/noticias';
export const hour = 3_600_000;
export const day = 24 * hour;
export const startsAt = new Date('2026-03-10T12:00:00Z');
/** A page in the place of another, too long to be just empty. */
export const otherPage = `<title>Notícias</title>${'<div class="x">Outra coisa</div>'.repeat(400)}`;
export const challengePage = '<title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/x.js"></script>';

export interface SiteArticle {
  text: string;
  title?: string;
  /** `DD/MM/YYYY`; empty where the listing prints none. */
  listed: string;
  /** `DD/MM/YYYY HHhMM`, on the page. */
  published?: string;
  status?: number | undefined;
  /** Left out of the listing. */
  isUnlisted?: boolean;
  /** What the listing links, unless it is the page of that name. */
  href?: string;
  etag?: string;
  /** Where the site sends those who ask for it. */
  location?: string;
  /** Answered in place of the page. */
  raw?: string | undefined;
}

/** Status, body and headers; undefined leaves it to the site. */
export type SiteAnswer = [status: number, body: string, headers?: Record<string, string>] | undefined;

/** An agency's site on loopback, in classic Plone, with the database and the clock of its runs. */
export class NewsSite {
  readonly recorder: Recorder = createRecorder();
  articles = new Map<string, SiteArticle>();
  requests: { path: string; status: number }[] = [];
  /** Entries of a page of the listing. */
  pageSize = 5;
  /** Comes before everything else. `path` begins after that of the listing, if it lies below it. */
  override: (path: string) => SiteAnswer | Promise<SiteAnswer> = () => undefined;
  now = startsAt;
  #database: TestDatabase | undefined;
  #server: Server | undefined;
  #dispatcher: Dispatcher | undefined;

  get db(): Database {
    return this.#database!.db;
  }

  async open(): Promise<void> {
    this.#database = await createTestDatabase();
    await seedAgency(this.db);
    this.#server = createServer(async (request, response) => {
      const path = request.url!.replace('/mec/pt-br/noticias', '');
      const answer = (await this.override(path)) ?? this.#answer(path, request.headers['if-none-match']);
      const [status, body, headers] = answer;
      this.requests.push({ path, status });
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
    });
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    this.#dispatcher = sitesDispatcher((this.#server.address() as AddressInfo).port);
  }

  async reset(): Promise<void> {
    await this.db.query('truncate news, news_features, pages, scrape_runs, outbox, quarantine, sources cascade');
    await this.db.query(`insert into sources (agency_key, url) values ('mec', $1)`, [root]);
    this.articles = new Map();
    this.requests = [];
    this.pageSize = 5;
    this.override = () => undefined;
    this.now = startsAt;
    this.recorder.published.length = 0;
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
    this.#server?.close();
    await this.#database?.drop();
  }

  #answer(path: string, etag: string | undefined): [number, string, Record<string, string>?] {
    const offset = /^\?b_start:int=(\d+)$/.exec(path)?.[1];
    if (offset !== undefined) return [200, this.listingAt(Number(offset))];
    const name = path.slice(1);
    const article = this.articles.get(name);
    if (path.includes('require_login')) return [200, '<form id="login_form"></form>'];
    if (!article) return [404, 'Not Found'];
    if (article.raw !== undefined) return [200, article.raw];
    if (article.location) return [302, '', { location: article.location }];
    if (article.status) return [article.status, 'Gone'];
    if (article.etag && article.etag === etag) return [304, ''];
    const { published, title = `Título de ${name}` } = article;
    const byLine = published ? `<span class="documentPublished"><span class="value">${published}</span></span>` : '';
    const body = `<div id="content"><h1 class="documentFirstHeading">${title}</h1>${byLine}
      <div id="content-core"><div id="parent-fieldname-text"><p>${article.text}</p></div></div></div>`;
    return [200, body, article.etag ? { etag: article.etag } : {}];
  }

  listingAt(offset: number): string {
    const tiles = [...this.articles]
      .filter(([, { isUnlisted }]) => !isUnlisted)
      .slice(offset, offset + this.pageSize)
      .map(([name, { listed, href = `${root}/${name}` }]) => {
        const byLine = listed ? `<span class="documentByLine">${listed} 09h00</span>` : '';
        return `<article class="tileItem"><a class="summary url" href="${href}">${name}</a>${byLine}</article>`;
      });
    return `<div id="content-core">${tiles.join('')}</div>`;
  }

  /** Adds articles n0, n1, … at the end of the listing. */
  publish(count: number, listed = '10/03/2026'): void {
    for (let index = 0; index < count; index++) {
      this.articles.set(`n${index}`, { text: `Texto da notícia ${index}, com palavras que bastam.`, listed });
    }
  }

  change(name: string, fields: Partial<SiteArticle>): void {
    Object.assign(this.articles.get(name)!, fields);
  }

  changeAll(fields: Partial<SiteArticle>): void {
    for (const article of this.articles.values()) Object.assign(article, fields);
  }

  request(asked: Partial<ScrapeRequest> = {}): ScrapeRequest {
    return { agencyKey: 'mec', sourceUrl: root, startDate: '2026-03-01', endDate: '2026-03-31', ...asked };
  }

  run(asked: Partial<ScrapeRequest> = {}, options: Partial<ScrapeRunDeps> = {}): Promise<ScrapeRunReport> {
    return runScrape(this.request(asked), contextFrom(), {
      ...this.recorder,
      db: this.db,
      storage: articleWrites,
      dispatcher: this.#dispatcher!,
      gate: createHostGate({ maxInFlight: 2, minIntervalMs: 0 }),
      robots: createRobots(),
      rawStore: nullRawStore,
      userAgent: 'Test/1.0 (+https://exemplo.org)',
      revisitDays: 7,
      maxRevisits: 200,
      maxPages: 100,
      budgetMs: 60_000,
      now: () => this.now,
      ...options,
    });
  }

  /** Runs the request and all that follows from it, as the topic would. */
  async runAll(asked: Partial<ScrapeRequest> = {}, options: Partial<ScrapeRunDeps> = {}): Promise<ScrapeRunReport[]> {
    const reports: ScrapeRunReport[] = [];
    const waiting = [this.request(asked)];
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (reports.length === 60) throw new Error('60 messages, and it goes on');
      const report = await this.run(next, options);
      reports.push(report);
      waiting.push(...followUps(next, report));
    }
    return reports;
  }

  later(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
    this.requests = [];
    this.recorder.published.length = 0;
  }

  /** Pages of articles that were asked for since `later`. */
  asked(): string[] {
    return this.requests.flatMap(({ path }) => (/^\/(?!robots\.txt)/.test(path) ? [path.slice(1)] : [])).sort();
  }

  async release(): Promise<void> {
    await this.db.query('update sources set held_at = $1, released_at = $1', [this.now]);
  }

  async rows<T>(sql: string): Promise<T[]> {
    return (await this.db.query<T & object>(sql)).rows as T[];
  }

  async isHeld(): Promise<boolean> {
    return (await this.rows('select from sources where held_at is not null')).length > 0;
  }

  /** Names of stored articles, those that are gone left out. */
  async stored(): Promise<string[]> {
    return await this.#names('removed_at is null');
  }

  async removed(): Promise<string[]> {
    return await this.#names('removed_at is not null');
  }

  async #names(condition: string): Promise<string[]> {
    const sql = `select replace(canonical_url, '${root}/', '') as name from news where ${condition} order by 1`;
    return (await this.rows<{ name: string }>(sql)).map(({ name }) => name);
  }

  async lastRun(): Promise<{ status: string; category: string | null }> {
    const sql = 'select status, category from scrape_runs order by id desc limit 1';
    return (await this.rows<{ status: string; category: string | null }>(sql))[0]!;
  }
}

/** A site for the tests of a suite, empty before each. */
export function useNewsSite(): NewsSite {
  const site = new NewsSite();
  before(() => site.open());
  beforeEach(() => site.reset());
  after(() => site.close());
  return site;
}
