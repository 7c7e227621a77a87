import { Parser } from 'htmlparser2';
import { PageLimitError } from '../../errors.ts';
import { absoluteUrl, parseHtml, refuseLongMarkup, textOf } from '../../html.ts';
import type { Page } from '../../page.ts';
import type { ListingItem, ListingPage } from '../extractor.ts';
import { categoryOf, uniqueTags } from '../fields.ts';
import { parseMachineDate } from './dates.ts';

const MAX_DEPTH = 100;
const MAX_ITEMS = 2000;
const MAX_TEXT_LENGTH = 5000;
const ROOT =
  /^\s*(?:<\?xml[^>]*\?>\s*|<\?xml-stylesheet[^>]*\?>\s*|<!--[^>]*-->\s*|<!DOCTYPE[^>]*>\s*){0,9}<(?:rss|feed|rdf:RDF)[\s>]/i;

/** An item as its elements say it: RSS 0.9–2.0, RDF, Atom. */
interface Entry {
  title: string;
  links: string[];
  id: string;
  dates: Map<string, string>;
  categories: string[];
}

/** The most telling first. */
const DATES = ['pubdate', 'published', 'dc:date', 'issued', 'updated', 'modified'];

/** Whether an answer is RSS or Atom, by its root element: servers call them anything. */
export function isFeed({ body }: Page): boolean {
  return ROOT.test(body.slice(0, 3000));
}

function plain(text: string, url: string): string {
  return textOf(parseHtml(text, url).root().contents());
}

function take(entry: Entry, name: string, text: string): void {
  if (name === 'title') entry.title ||= text;
  else if (name === 'link' && text !== '') entry.links.push(text);
  else if (name === 'guid' || name === 'id') entry.id ||= text;
  else if (name === 'category' || name === 'dc:subject') entry.categories.push(text);
  else if (DATES.includes(name)) entry.dates.set(name, text);
}

function readEntries({ body, url }: Page): Entry[] {
  const entries: Entry[] = [];
  const path: string[] = [];
  let entry: Entry | undefined;
  let depthOfEntry = 0;
  let text = '';
  const parser = new Parser(
    {
      onopentag(tag, attributes) {
        const name = tag.toLowerCase();
        path.push(name);
        if (path.length > MAX_DEPTH) throw new PageLimitError(url, `its XML is nested deeper than ${MAX_DEPTH} levels`);
        text = '';
        if (!entry && (name === 'item' || name === 'entry') && entries.length < MAX_ITEMS) {
          entry = { title: '', links: [], id: '', dates: new Map(), categories: [] };
          depthOfEntry = path.length;
        } else if (entry && path.length === depthOfEntry + 1) {
          const { href, rel = 'alternate', term } = attributes;
          if (name === 'link' && href !== undefined && rel === 'alternate') entry.links.push(href);
          if (name === 'category' && term !== undefined) entry.categories.push(attributes.label ?? term);
        }
      },
      ontext(data) {
        if (text.length < MAX_TEXT_LENGTH) text += data;
      },
      onclosetag() {
        const name = path.pop() ?? '';
        if (entry && path.length === depthOfEntry) take(entry, name, text.slice(0, MAX_TEXT_LENGTH).trim());
        else if (entry && path.length < depthOfEntry) {
          entries.push(entry);
          entry = undefined;
        }
      },
    },
    { xmlMode: true },
  );
  parser.end(body);
  return entries;
}

function itemOf(entry: Entry, pageUrl: string): ListingItem | null {
  const address = entry.links[0] ?? (/^https?:/.test(entry.id) ? entry.id : undefined);
  const url = absoluteUrl(address, pageUrl);
  if (!url?.startsWith('http')) return null;
  const written = DATES.map((name) => entry.dates.get(name)).find((text) => text !== undefined);
  const [category, ...tags] = uniqueTags(entry.categories.map((text) => plain(text, pageUrl)));
  return {
    url,
    title: plain(entry.title, pageUrl),
    date: written === undefined ? null : parseMachineDate(written),
    category: categoryOf(category),
    tags,
  };
}

/**
 * The items of a feed, which has one page.
 *
 * @throws {PageLimitError} beyond the limits of pages.
 */
export function parseFeed(page: Page): ListingPage {
  refuseLongMarkup(page.body.length, page.url);
  const entries = readEntries(page);
  const items = entries.map((entry) => itemOf(entry, page.url)).filter((item) => item !== null);
  return { items, entryCount: entries.length, isLast: true };
}
