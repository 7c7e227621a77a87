import type { CheerioAPI } from 'cheerio/slim';
import { absoluteUrl, baseUrlOf, type Element, parseHtml, textOf } from '../html.ts';
import type { Page } from '../page.ts';
import type { ListingItem, ListingPage } from './extractor.ts';

/** The address of a listing that counts pages from 0. */
export function numberedPage(sourceUrl: string, page: number): string {
  return `${sourceUrl}${sourceUrl.includes('?') ? '&' : '?'}page=${page}`;
}

function itemOf($: CheerioAPI, link: Element, baseUrl: string): ListingItem | null {
  const url = absoluteUrl(link.attribs.href, baseUrl);
  const title = textOf($(link).find('h1, h2, h3, h4').first()) || textOf([link]) || (link.attribs.title ?? '').trim();
  return url === null ? null : { url, title, date: null, category: null, tags: [] };
}

/** Listings of EBC are bare links without dates. The first selector that finds one is the layout of the page. */
export function parseLinks(page: Page, selectors: readonly string[]): ListingPage {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  for (const selector of selectors) {
    const items = $<Element, string>(selector)
      .toArray()
      .map((link) => itemOf($, link, baseUrl))
      .filter((item) => item !== null);
    if (items.length > 0) return { items, entryCount: items.length, isLast: false };
  }
  return { items: [], entryCount: 0, isLast: true };
}
