import type { CheerioAPI } from 'cheerio/slim';
import { ancestorOf, collapse, type Element, textOf } from '../../html.ts';
import { stringOf } from '../json.ts';
import type { Metadata } from './metadata.ts';
import { isFrame } from './prepare.ts';
import { shortText, wordsOf } from './text.ts';

const MAX_HEADINGS = 100;
const MAX_TITLE_LENGTH = 500;
/** Between a title and the name of its site. */
const SEPARATOR = /\s+[|\-–—·•»:]\s+/g;

function htmlTitle($: CheerioAPI): string {
  const title = $<Element, string>('title').filter((_, element) => !ancestorOf(element, ({ name }) => name === 'svg'));
  return textOf(title.slice(0, 1)).slice(0, MAX_TITLE_LENGTH);
}

/** A title without the name of its site, which stands before or after it. */
function withoutSite(title: string, siteNames: readonly string[]): string {
  const isSite = (part = '') => siteNames.some((name) => wordsOf(name) === wordsOf(part));
  const [first, ...others] = title.split(SEPARATOR);
  if (others.length === 0) return title;
  if (isSite(others.at(-1))) return title.slice(0, title.lastIndexOf(others.at(-1)!)).replace(/[\s|\-–—·•»:]+$/, '');
  return isSite(first) ? title.slice(first!.length).replace(/^[\s|\-–—·•»:]+/, '') : title;
}

export interface Headline {
  title: string;
  /** Where the page shows it; null when only its metadata have it. */
  element: Element | null;
}

/** What the article is called: the heading that the metadata speak of, else what they say, else the first heading. */
export function headlineOf($: CheerioAPI, { meta, article }: Metadata): Headline | null {
  const claims = [stringOf(article.headline), ...meta('og:title'), ...meta('twitter:title'), htmlTitle($)]
    .map((text) => collapse(text).trim().slice(0, MAX_TITLE_LENGTH))
    .filter((text) => text !== '');
  const keys = claims.map(wordsOf);
  const headings = $<Element, string>('h1, h2, h3, [itemprop~="headline"]')
    .slice(0, MAX_HEADINGS)
    .toArray()
    .filter((element) => !isFrame(element) && !ancestorOf(element, isFrame))
    .map((element) => ({ element, title: shortText(element, MAX_TITLE_LENGTH) ?? '' }))
    .filter(({ title }) => title !== '');
  const claimed = headings
    .filter(({ title }) => keys.some((key) => key.includes(wordsOf(title)) && wordsOf(title).length * 3 > key.length))
    .toSorted((a, b) => b.title.length - a.title.length)[0];
  if (claimed) return claimed;
  const [first = null, ...others] = headings.filter(({ element }) => element.name === 'h1');
  const isOnlyTitled = claims.length === 1 && claims[0] === htmlTitle($);
  if (first && others.length === 0 && isOnlyTitled) return first;
  const claim = claims[0] && withoutSite(claims[0], meta('og:site_name'));
  return claim ? { title: claim, element: first?.element ?? null } : first;
}
