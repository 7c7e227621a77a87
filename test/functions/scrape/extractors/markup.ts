import type { Page } from '../../../../functions/scrape/page.ts';

/** A page of this markup, as it would have come from `url`. */
export function page(body: string, url: string): Page {
  return { url, contentType: 'text/html', body };
}
