import { readFileSync } from 'node:fs';
import { createNewsFetcher, type NewsFetcher } from '../../../functions/scrape/fetch/news-fetcher.ts';
import type { FetchedPage, FetchPage } from '../../../functions/scrape/page.ts';
import { nullRawStore } from '../../../functions/scrape/raw-store/open.ts';

const folder = new URL('../../fixtures/pages/', import.meta.url);

/** A page of the fixtures as if it had been fetched from `url`. */
export function pageOf(file: string, url: string): FetchedPage {
  const contentType = file.endsWith('.json') ? 'application/json' : 'text/html; charset=utf-8';
  return fetchedPage(url, readFileSync(new URL(file, folder), 'utf8'), contentType);
}

/** An answer as if it had come from `url`. */
export function fetchedPage(url: string, body: string, contentType = 'text/html; charset=utf-8'): FetchedPage {
  const fetchedAt = new Date('2026-03-01T12:00:00Z');
  return { requestedUrl: url, url, contentType, body, bytes: Buffer.from(body), status: 200, headers: {}, fetchedAt };
}

/** A fetcher of news that gets its pages from a function and keeps none. */
export function newsFetcher(fetchPage: FetchPage): NewsFetcher {
  return createNewsFetcher({ fetchPage, fetchIfChanged: fetchPage, rawStore: nullRawStore, agencyKey: 'mec' });
}

/** What a page of the fixtures is expected to yield. */
export function expected(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file.replace(/\.\w+$/, '.expected.json'), folder), 'utf8'));
}
