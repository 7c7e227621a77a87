import { readFileSync } from 'node:fs';
import type { Page } from '../../../functions/scrape/page.ts';

const folder = new URL('../../fixtures/pages/', import.meta.url);

/** A page of the fixtures as if it had been fetched from `url`. */
export function pageOf(file: string, url: string): Page {
  const contentType = file.endsWith('.json') ? 'application/json' : 'text/html; charset=utf-8';
  const body = readFileSync(new URL(file, folder), 'utf8');
  return { requestedUrl: url, url, contentType, body, fetchedAt: new Date('2026-03-01T12:00:00Z') };
}

/** What a page of the fixtures is expected to yield. */
export function expected(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file.replace(/\.\w+$/, '.expected.json'), folder), 'utf8'));
}
