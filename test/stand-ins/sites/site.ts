import type { Failure, SampleArticle } from './article.ts';
import { agenciaBrasilArticle, agenciaBrasilListing } from './layouts/agencia-brasil.ts';
import { classicArticle } from './layouts/classic-article.ts';
import { classicListing } from './layouts/classic-listing.ts';
import { challenge, emptyArticle, loginPage, loginUrl } from './layouts/failures.ts';
import type { ListingEntry } from './layouts/listing-entry.ts';
import { type PageWeight, portalRoot } from './layouts/portal.ts';
import { tvBrasilArticle, tvBrasilListing } from './layouts/tv-brasil.ts';
import { voltoArticleShell, voltoItem, voltoListingShell, voltoSearch } from './layouts/volto.ts';
import { listingEntries } from './listing.ts';
import { isClassic, SAMPLE_SOURCES, type SampleSource } from './sources.ts';

/** What was asked for, as `Sites.requests` counts it. */
export type PageKind = 'listing' | 'article' | 'api' | 'robots' | 'other';

export interface Answer {
  kind: PageKind;
  status: number;
  contentType: string;
  body: string;
  location?: string;
}

export interface SiteContent {
  articles: readonly SampleArticle[];
  broken: readonly SampleArticle[];
  pinned: readonly SampleArticle[];
  weight: PageWeight;
}

const MAX_BATCH = 100;
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json';

/**
 * The three hosts as a function from an address to its answer. Pages are rendered when they are asked for; an article
 * that changes in place shows the change.
 */
export function createSite({ articles, broken, pinned, weight }: SiteContent): (url: URL) => Answer {
  const all = [...articles, ...broken, ...pinned];
  const pages = new Map(all.map((article) => [article.url, article]));
  const sources = new Map(SAMPLE_SOURCES.map((source) => [source.agencyKey, source]));
  const of = (list: readonly SampleArticle[], source: SampleSource) =>
    list.filter((article) => article.agencyKey === source.agencyKey);
  const listings = new Map(
    SAMPLE_SOURCES.map((source) => {
      const listed = [...of(articles, source), ...of(broken, source)];
      return [source.listingUrl, { source, entries: listingEntries(source, listed, of(pinned, source)) }] as const;
    }),
  );

  return (url) => {
    if (url.pathname === '/robots.txt') return robots();
    if (url.pathname.endsWith('/@search')) return search(url, listings);
    if (url.pathname.endsWith('/require_login')) return login(url, weight);
    const address = pageAddress(url);
    const listing = listings.get(address);
    if (listing) return listingAnswer(listing, url, weight);
    const article = pages.get(address.replace('/++api++/pt-br/', '/pt-br/'));
    const source = article && sources.get(article.agencyKey);
    if (!article || !source) return notFound();
    if (!address.includes('/++api++/')) return articleAnswer(source, article, weight);
    return source.layout === 'volto' ? json(200, voltoItem(source, article)) : unauthorized();
  };
}

interface Listing {
  source: SampleSource;
  entries: readonly ListingEntry[];
}

/** Plone serves an object with a trailing slash and with `/view` as well. */
function pageAddress(url: URL): string {
  return `https://${url.host}${url.pathname}`.replace(/\/$/, '').replace(/\/view$/, '');
}

function listingAnswer({ source, entries }: Listing, url: URL, weight: PageWeight): Answer {
  const html = (body: string) => ({ kind: 'listing', status: 200, contentType: HTML, body }) as const;
  if (source.layout === 'volto') return html(voltoListingShell(source, weight));
  if (isClassic(source.layout)) {
    const offset = wholeNumber(url.searchParams.get('b_start:int'), 0);
    if (offset === null) return badRequest();
    const page = entries.slice(offset, offset + source.pageSize);
    return html(classicListing({ source, entries: page, offset, total: entries.length, weight }));
  }
  const page = wholeNumber(url.searchParams.get('page'), 0);
  if (page === null) return badRequest();
  const end = (page + 1) * source.pageSize;
  const articles = entries
    .slice(page * source.pageSize, end)
    .flatMap((entry) => (entry.kind === 'article' ? [entry.article] : []));
  const render = source.layout === 'agencia-brasil' ? agenciaBrasilListing : tvBrasilListing;
  return html(render(articles, page, end >= entries.length));
}

function search(url: URL, listings: ReadonlyMap<string, Listing>): Answer {
  const address = pageAddress(url).replace('/@search', '').replace('/++api++/pt-br/', '/pt-br/');
  const listing = listings.get(address);
  if (!listing) return notFound();
  const { source, entries } = listing;
  if (source.layout !== 'volto' || !url.pathname.includes('/++api++/')) return unauthorized();
  const start = wholeNumber(url.searchParams.get('b_start'), 0);
  const size = wholeNumber(url.searchParams.get('b_size'), source.pageSize);
  if (start === null || !size) return badRequest();
  const batch = Math.min(size, MAX_BATCH);
  const fullObjects = url.searchParams.has('fullobjects');
  const page = entries.slice(start, start + batch);
  return json(200, voltoSearch({ source, entries: page, start, size: batch, total: entries.length, fullObjects }));
}

function articleAnswer(source: SampleSource, article: SampleArticle, weight: PageWeight): Answer {
  if (article.failure) return failureAnswer(article.failure, source, article, weight);
  return { kind: 'article', status: 200, contentType: HTML, body: articlePage(source, article, weight) };
}

function articlePage(source: SampleSource, article: SampleArticle, weight: PageWeight): string {
  switch (source.layout) {
    case 'agencia-brasil':
      return agenciaBrasilArticle(article);
    case 'tv-brasil':
      return tvBrasilArticle(article);
    case 'volto':
      return voltoArticleShell(source, article, weight);
    default:
      return classicArticle(source, article, weight);
  }
}

function failureAnswer(failure: Failure, source: SampleSource, article: SampleArticle, weight: PageWeight): Answer {
  const html = { kind: 'article', status: 200, contentType: HTML } as const;
  switch (failure) {
    case 'empty':
      return { ...html, body: emptyArticle(source, article, weight) };
    case 'challenge':
      return { ...html, body: challenge() };
    case 'login':
      return { ...html, status: 302, body: '', location: loginUrl(source, article) };
  }
}

function login(url: URL, weight: PageWeight): Answer {
  const source = SAMPLE_SOURCES.find((candidate) => url.href.startsWith(`${portalRoot(candidate)}/`));
  if (!source) return notFound();
  return { kind: 'other', status: 200, contentType: HTML, body: loginPage(source, weight) };
}

function robots(): Answer {
  const body = 'User-agent: *\nDisallow: /*/login_form\nDisallow: /*/@@busca\nAllow: /\n';
  return { kind: 'robots', status: 200, contentType: 'text/plain; charset=utf-8', body };
}

function json(status: number, body: object): Answer {
  return { kind: 'api', status, contentType: JSON_TYPE, body: JSON.stringify(body, null, 2) };
}

function unauthorized(): Answer {
  return json(401, { type: 'Unauthorized', message: "Missing 'plone.restapi: Use REST API' permission" });
}

function badRequest(): Answer {
  return { kind: 'other', status: 400, contentType: HTML, body: '<h1>Bad Request</h1>' };
}

function notFound(): Answer {
  const body = '<!DOCTYPE html><html lang="pt-br"><body><h1>Página não encontrada</h1></body></html>';
  return { kind: 'other', status: 404, contentType: HTML, body };
}

/** Null for what is no whole number of at most nine digits. */
function wholeNumber(text: string | null, missing: number): number | null {
  if (text === null) return missing;
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
