import type { Page } from '../../../../functions/scrape/page.ts';

/** A page of this markup, as if it had been fetched from `url`. */
export function page(body: string, url: string): Page {
  return { requestedUrl: url, url, contentType: 'text/html', body, fetchedAt: new Date('2026-03-01T12:00:00Z') };
}
