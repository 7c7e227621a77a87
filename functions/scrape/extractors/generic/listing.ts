import type { CheerioAPI } from 'cheerio/slim';
import type { ParsedDate } from '../../../../shared/time.ts';
import { absoluteUrl, ancestorOf, baseUrlOf, type Element, isElement, parseHtml, textOf, within } from '../../html.ts';
import type { Page } from '../../page.ts';
import type { ListingItem, ListingPage } from '../extractor.ts';
import { parseMachineDate, parseWrittenDate } from './dates.ts';
import { isBesideContent } from './prepare.ts';
import { shortText } from './text.ts';

const MAX_LINKS = 5000;
const MAX_ENTRY_LENGTH = 3000;
const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];
const NO_PAGE =
  /\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|csv|zip|rar|jpe?g|png|gif|webp|svg|mp[34]|rss|xml|ics)(?:\/view)?$|^\/?$|\/(?:login|logout|search|busca|tags?|author|autor|categor(?:y|ia))(?:\/|$)/i;

interface Link {
  element: Element;
  url: string;
  title: string;
  isHeading: boolean;
}

interface Entry extends Link {
  date: ParsedDate | null;
  /** Where it stands: entries of one list share it. */
  structure: string;
}

/** The page that an address leads to, whatever place on it. */
function pageOf(address: string | undefined, baseUrl: string): URL | null {
  const url = URL.parse(absoluteUrl(address, baseUrl) ?? '');
  if (url) url.hash = '';
  return url;
}

/** Links to other pages of the site. */
function linksOf($: CheerioAPI, page: Page): Link[] {
  const baseUrl = baseUrlOf($, page.url);
  const own = new URL(page.url);
  own.hash = '';
  const links: Link[] = [];
  for (const element of $<Element, string>('a[href]').slice(0, MAX_LINKS)) {
    const url = pageOf(element.attribs.href, baseUrl);
    if (url?.host !== own.host || NO_PAGE.test(url.pathname) || url.href === own.href) continue;
    if (ancestorOf(element, isBesideContent)) continue;
    const inner = within($, element, HEADINGS).first();
    const title = textOf(inner.length > 0 ? inner : [element]);
    const isHeading = inner.length > 0 || ancestorOf(element, ({ name }) => HEADINGS.includes(name)) !== undefined;
    if (title.length < MAX_ENTRY_LENGTH) links.push({ element, url: url.href, title, isHeading });
  }
  return links;
}

/** A picture, the headline and "read more" lead to one article: its title is the heading, else the longest text. */
function oneByArticle(links: readonly Link[]): Link[] {
  const byUrl = new Map<string, Link>();
  const rank = ({ isHeading, title }: Link) => (isHeading && title !== '' ? MAX_ENTRY_LENGTH : 0) + title.length;
  for (const link of links) {
    const known = byUrl.get(link.url);
    if (!known || rank(link) > rank(known)) byUrl.set(link.url, link);
  }
  return [...byUrl.values()].filter(isHeadline);
}

function isHeadline({ title, isHeading }: Link): boolean {
  const words = title.split(' ').length;
  return isHeading ? words >= 2 : (words >= 4 && title.length >= 20) || (words === 1 && title.length >= 20);
}

const SEVERAL = Symbol('several articles');

/** The box of an article is the largest element that holds links to no other. */
function boxes(links: readonly Link[]): Map<Link, Element> {
  const owners = new Map<Element, string | typeof SEVERAL>();
  for (const { element, url } of links) {
    for (let at: Element | undefined = element; at; at = parentOf(at)) {
      const owner = owners.get(at);
      if (owner === SEVERAL) break;
      owners.set(at, owner === undefined || owner === url ? url : SEVERAL);
    }
  }
  return new Map(
    links.map((link) => {
      let box = link.element;
      for (let at = parentOf(box); at && owners.get(at) === link.url; at = parentOf(at)) box = at;
      return [link, box];
    }),
  );
}

function parentOf({ parent }: Element): Element | undefined {
  return parent && isElement(parent) ? parent : undefined;
}

function describe({ name, attribs }: Element): string {
  return `${name}.${attribs.class?.trim().split(/\s+/)[0]?.replace(/\d+/g, '') ?? ''}`;
}

/** What stands right before a box, for lists of dates and links in turn. */
function textBefore(box: Element): string {
  let { prev } = box;
  for (let step = 0; prev && step < 4; step += 1) {
    const text = isElement(prev) ? shortText(prev, 60) : textOf([prev]);
    if (text !== '') return text ?? '';
    prev = prev.prev;
  }
  return '';
}

/** A date in the box but not in the headline, else right before the box. */
function dateIn($: CheerioAPI, box: Element, title: string): ParsedDate | null {
  for (const { attribs } of within($, box, ['time']).slice(0, 3)) {
    const date = parseMachineDate(attribs.datetime ?? '');
    if (date) return date;
  }
  const text = textOf([box]).slice(0, MAX_ENTRY_LENGTH).replace(title, ' | ');
  return parseWrittenDate(text) ?? parseWrittenDate(textBefore(box));
}

function entriesOf($: CheerioAPI, links: readonly Link[]): Entry[] {
  const byLink = boxes(links);
  return links.map((link) => {
    const box = byLink.get(link)!;
    const above = parentOf(box);
    const structure = [above, box, link.element].map((element) => (element ? describe(element) : '')).join(' ');
    return { ...link, date: dateIn($, box, link.title), structure };
  });
}

/** How much a list looks like one of articles: menus have neither dates nor headings, and short titles. */
function weight(entries: readonly Entry[]): number {
  const points = entries.map(
    ({ date, isHeading, title }) => (date ? 3 : 0) + (isHeading ? 1 : 0) + (title.length >= 30 ? 1 : 0),
  );
  return points.reduce((sum, point) => sum + point, 0);
}

function isList(entries: readonly Entry[]): boolean {
  if (entries.length === 1) return entries[0]!.date !== null;
  return weight(entries) >= entries.length;
}

/**
 * The articles that an unknown page lists: links within the site that stand in the same structure, read like headlines
 * and have a date or a heading. Its first page is all there is: nobody knows how a site unknown to us numbers others.
 */
export function parseLinkList(page: Page): ListingPage {
  const $ = parseHtml(page.body, page.url);
  const entries = entriesOf($, oneByArticle(linksOf($, page)));
  const lists = [...Map.groupBy(entries, ({ structure }) => structure).values()].filter(isList);
  const best = lists.toSorted((a, b) => weight(b) - weight(a))[0] ?? [];
  // A top story has a box of its own, but looks no less like an article.
  const needed = weight(best) / best.length;
  const taken = new Set(lists.filter((list) => weight(list) / list.length >= needed).flat());
  const items = entries
    .filter((entry) => taken.has(entry))
    .map(({ url, title, date }): ListingItem => ({ url, title, date, category: null, tags: [] }));
  return { items, entryCount: items.length, isLast: true };
}
