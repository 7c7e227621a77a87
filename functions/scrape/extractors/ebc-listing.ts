import type { CheerioAPI } from 'cheerio/slim';
import { absoluteUrl, baseUrlOf, collapse, type Element, parseHtml, textOf, within } from '../html.ts';
import type { Page } from '../page.ts';
import { type ListingItem, type ListingPage, withParameter } from './extractor.ts';

/** The address of a listing that counts pages from 0. */
export function numberedPage(sourceUrl: string, page: number): string {
  return withParameter(sourceUrl, `page=${page}`);
}

/** Null for a link to another site: the radio's stories stand between those of the agency. */
function itemOf($: CheerioAPI, link: Element, baseUrl: string, page: Page): ListingItem | null {
  const url = absoluteUrl(link.attribs.href, baseUrl);
  if (url === null || URL.parse(url)?.host !== new URL(page.url).host) return null;
  const title =
    textOf(within($, link, ['h1', 'h2', 'h3', 'h4']).first()) ||
    textOf([link]) ||
    collapse(link.attribs.title ?? '').trim();
  return { url, title, date: null, category: null, tags: [] };
}

/** Listings of EBC are bare links without dates. The first selector that finds one is the layout of the page. */
export function parseLinks(page: Page, selectors: readonly string[]): ListingPage {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  for (const selector of selectors) {
    const links = $<Element, string>(selector).toArray();
    const items = links.map((link) => itemOf($, link, baseUrl, page)).filter((item) => item !== null);
    if (items.length > 0) return { items, entryCount: links.length, isLast: false };
  }
  return { items: [], entryCount: 0, isLast: true };
}
