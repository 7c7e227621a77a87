import type { CheerioAPI } from 'cheerio/slim';
import { ExtractionError } from '../../errors.ts';
import {
  type AnyNode,
  absoluteUrl,
  ancestorOf,
  baseUrlOf,
  type Element,
  isElement,
  parseHtml,
  within,
} from '../../html.ts';
import type { Page } from '../../page.ts';
import { type ExtractedArticle, type Extractor, HTML } from '../extractor.ts';
import { categoryOf, contentOf, firstImage, tagsOf, uniqueTags } from '../fields.ts';
import { isRecord, stringOf } from '../json.ts';
import { articleBody, plainBody, playersOf } from './body.ts';
import { datesOf } from './dates.ts';
import { isFeed, parseFeed } from './feed.ts';
import { parseLinkList } from './listing.ts';
import { type Metadata, metadataOf } from './metadata.ts';
import { isBesideContent } from './prepare.ts';
import { shortText, wordsOf } from './text.ts';
import { headlineOf } from './title.ts';

function stringsOf(value: unknown): string[] {
  return [value]
    .flat()
    .map(stringOf)
    .filter((text) => text !== '');
}

const TAG_LINKS = 'a[rel~="tag"], a[href*="/tag/"], a[href*="/tags/"], .tags a, .keywords a';
const MAX_TAG_LINKS = 50;

/** Those that the page shows count only outside its frame, where a cloud of all of them may stand. */
function articleTags($: CheerioAPI, { meta, article }: Metadata): string[] {
  const links = $<Element, string>(TAG_LINKS)
    .slice(0, MAX_TAG_LINKS)
    .filter((_, link) => !ancestorOf(link, isBesideContent));
  const keywords = [...meta('news_keywords'), ...stringsOf(article.keywords)].flatMap((text) => text.split(/[,;]/));
  const sources = [
    uniqueTags(meta('article:tag').flatMap((text) => text.split(','))),
    tagsOf(links),
    uniqueTags(keywords),
  ];
  return sources.find((tags) => tags.length > 0) ?? [];
}

/** Some sites name all sections of an article in one text. */
function sectionOf(text = ''): string | null {
  return categoryOf(text.length > MAX_SECTION_LENGTH ? text.split(',')[0] : text);
}

/** What sites without a picture of the article name in its place. */
const SITE_PICTURE = /\b(?:logo|favicon|placeholder|default[-_]?(?:image|thumb\w*)|no[-_]?image)\b[^/]*$/i;

function pictures(value: unknown): string[] {
  return [value].flat().map((item) => (isRecord(item) ? stringOf(item.url) : stringOf(item)));
}

function leadImage({ meta, article }: Metadata, baseUrl: string): string | null {
  const candidates = [
    ...meta('og:image'),
    ...meta('og:image:url'),
    ...meta('twitter:image'),
    ...pictures(article.image),
  ];
  const urls = candidates.filter((text) => text !== '').map((candidate) => absoluteUrl(candidate, baseUrl));
  return urls.find((url) => url?.startsWith('http') && !SITE_PICTURE.test(url)) ?? null;
}

function videoOf($: CheerioAPI, { meta }: Metadata, baseUrl: string): string | null {
  const sources = $('video source[type="video/mp4"], video[src]').map((_, { attribs }) => attribs.src ?? '');
  const candidates = [...meta('og:video:secure_url'), ...meta('og:video'), ...meta('og:video:url'), ...sources.get()];
  const urls = candidates.map((candidate) => absoluteUrl(candidate, baseUrl));
  return urls.find((url) => url !== null && /^https?:[^?#]+\.mp4(?:[?#]|$)/i.test(url)) ?? null;
}

const MAX_SECTION_LENGTH = 60;

/** What may be the line under a headline. */
const LINE = 'p[class], div[class], span[class], h2, h3, h4, [id], [itemprop~="description"]';
const MAX_LINE_LENGTH = 1000;

/** Whether an element is a paragraph like its neighbours: the first of a text is often its description, too. */
function isOneOfMany({ name, attribs, prev, next }: Element): boolean {
  const isAlike = (node: AnyNode | null) =>
    node !== null && isElement(node) && node.name === name && node.attribs.class === attribs.class;
  const beyond = (node: AnyNode | null, to: 'prev' | 'next') => (node && !isElement(node) ? node[to] : node);
  return isAlike(beyond(prev, 'prev')) || isAlike(beyond(next, 'next'));
}

/** The line under the headline: what the page says of the article both to machines and, by a name, to readers. */
function subtitleOf($: CheerioAPI, { meta, article }: Metadata, title: string): string | null {
  const claims = [...meta('description'), ...meta('og:description'), stringOf(article.description)];
  const keys = new Set(claims.map(wordsOf).filter((words) => words.length > 20 && words !== wordsOf(title)));
  if (keys.size === 0) return null;
  for (const element of $<Element, string>(LINE)) {
    const text = shortText(element, MAX_LINE_LENGTH);
    if (text && keys.has(wordsOf(text)) && !isOneOfMany(element)) return text;
  }
  return null;
}

function parseArticle(page: Page, url: string): ExtractedArticle {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  const metadata = metadataOf($);
  const headline = headlineOf($, metadata);
  if (headline === null) throw new ExtractionError(url, 'title');
  const { title } = headline;
  const known = { title, subtitle: subtitleOf($, metadata, title), editorialLead: null };
  const videoUrl = videoOf($, metadata, baseUrl);
  const found = articleBody($, { url: page.url, title });
  const written = plainBody(stringOf(metadata.article.articleBody), page.url);
  const body = found.length > 0 ? found : [...written, ...playersOf($, baseUrl)];
  const images = body.filter(isElement).map((element) => firstImage(within($, element, ['img']), baseUrl));
  const { articleSection: section } = metadata.article;
  return {
    ...known,
    content: contentOf(body, { url, baseUrl, known, hasVideo: videoUrl !== null }),
    imageUrl: leadImage(metadata, baseUrl) ?? images.find((image) => image !== null) ?? null,
    videoUrl,
    category: sectionOf(metadata.meta('article:section')[0] ?? stringsOf(section)[0]),
    tags: articleTags($, metadata),
    ...datesOf($, metadata, headline.element),
  };
}

/** Sites that nobody has described: articles and lists of links are known by their looks. */
export const generic: Extractor = {
  platform: 'generic',
  version: 2,
  accept: `${HTML},application/rss+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7`,
  paging: 'number',
  listingUrl: (sourceUrl) => sourceUrl,
  parseListing: (page) => (isFeed(page) ? parseFeed(page) : parseLinkList(page)),
  articleUrl: (url) => url,
  parseArticle,
};
