import type { Cheerio, CheerioAPI } from 'cheerio/slim';
import { parseBrazilianDate } from '../../../shared/time.ts';
import { isDateLine } from '../clean-markdown.ts';
import { ExtractionError } from '../errors.ts';
import { absoluteUrl, ancestorOf, baseUrlOf, type Element, parseHtml, removeAll, textOf } from '../html.ts';
import type { Page } from '../page.ts';
import {
  type ExtractedArticle,
  type Extractor,
  HTML,
  type ListingItem,
  type ListingPage,
  type Published,
  withParameter,
} from './extractor.ts';
import {
  categoryOf,
  contentOf,
  dateOf,
  firstFilled,
  firstImage,
  firstOf,
  firstText,
  tagsOf,
  unlessUnset,
} from './fields.ts';
import { newsArticleDates } from './json-ld.ts';

type ListingField = 'link' | 'category' | 'tags' | 'date';
type ListingLayout = Record<'entry' | ListingField, string> & { isAlwaysLinked?: true };

/** The first layout that yields a link is the layout of the page. */
const LISTING_LAYOUTS: readonly ListingLayout[] = [
  {
    entry: 'article.tileItem',
    link: 'a.summary.url',
    category: 'span.subtitle',
    tags: '.keywords a.link-category',
    date: '.documentByLine',
  },
  {
    entry: 'ul.noticias > li, ul.listagem-noticias-com-foto > li',
    link: 'h2.titulo a',
    category: '.subtitulo-noticia, .categoria-noticia',
    tags: '.subject-noticia a',
    date: 'span.data',
  },
  {
    entry: 'div.entries > article.entry',
    link: 'span.summary > a.url, span.summary > a',
    category: 'span.subtitle',
    tags: '.keywords a',
    date: 'time[datetime], .documentByLine',
  },
  {
    entry: '#content-core div.item',
    // The name is so common that only a link tells an entry from other boxes.
    isAlwaysLinked: true,
    link: 'a.summary',
    category: 'span.subtitle',
    tags: '.keywords a',
    date: 'time[datetime], .documentByLine',
  },
];

const ARTICLE = {
  title: 'h1.documentFirstHeading',
  editorialLead: 'p.nitfSubtitle',
  subtitle: ['.documentDescription', 'p.description', 'p.discreet'],
  body: ['#parent-fieldname-text', '#content-core', '#content'],
  /** Parts of #content that are fields of their own, where it has to serve as the body. */
  notBody: 'h1.documentFirstHeading, p.nitfSubtitle, .documentDescription, .keywords, #category, .portal-breadcrumbs',
  images: ['#content-core img', '#content img'],
  tags: ['a[href*="origem=keyword"]', '.keywords a'],
  breadcrumbs: 'nav.portal-breadcrumbs a, nav#breadcrumbs a',
  published: '.documentPublished .value',
  modified: '.documentModified .value',
};

const NO_NEWS_CLASS = /(?:^|\s)(?:tile|contenttype)-(?:file|link|image|folder|collection|event)(?:\s|$)/i;
const NO_NEWS_TYPE = /^(?:File|Link|Image|Folder|Collection|Event|Arquivo|Imagem|Pasta|Coleção|Evento)$/i;
const DOWNLOAD = /\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|csv|zip|jpe?g|png|gif|mp3|mp4)(?:\/(?:view|at_download\/file))?$/i;

/** Listings mix files and links to other sites with the news. */
function isNews(entry: Cheerio<Element>, link: Cheerio<Element>, url: URL, listingUrl: string): boolean {
  const types = [link.attr('title'), link.parent().attr('title')];
  const classes = [entry.attr('class'), link.attr('class')];
  return (
    url.host === new URL(listingUrl).host &&
    !DOWNLOAD.test(url.pathname) &&
    !types.some((type) => type !== undefined && NO_NEWS_TYPE.test(type)) &&
    !classes.some((names) => names !== undefined && NO_NEWS_CLASS.test(names))
  );
}

/** Fields by the entry they stand in, which is the nearest one around them. */
function fieldsByEntry($: CheerioAPI, layout: ListingLayout): Map<Element, Record<ListingField, Element[]>> {
  const entries = new Map(
    $<Element, string>(layout.entry)
      .toArray()
      .map((entry) => [entry, emptyFields()]),
  );
  for (const field of ['link', 'category', 'tags', 'date'] as const) {
    for (const element of $<Element, string>(layout[field])) {
      const entry = ancestorOf(element, (ancestor) => entries.has(ancestor));
      if (entry) entries.get(entry)![field].push(element);
    }
  }
  return entries;
}

function emptyFields(): Record<ListingField, Element[]> {
  return { link: [], category: [], tags: [], date: [] };
}

function parseListing(page: Page): ListingPage {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  for (const layout of LISTING_LAYOUTS) {
    const items: (ListingItem | null)[] = [];
    const entries = fieldsByEntry($, layout);
    for (const [entry, fields] of entries) {
      const link = fields.link.find(({ attribs }) => attribs.href !== undefined);
      if (!link) continue;
      const url = URL.parse(absoluteUrl(link.attribs.href, baseUrl) ?? '');
      const item = url && {
        url: url.href,
        title: textOf([link]),
        date: dateOf($(fields.date)),
        category: categoryOf(firstText($(fields.category))),
        tags: tagsOf($(fields.tags)),
      };
      items.push(url && isNews($(entry), $(link), url, page.url) ? item : null);
    }
    if (items.length === 0) continue;
    return {
      items: items.filter((item) => item !== null),
      entryCount: layout.isAlwaysLinked ? items.length : entries.size,
      isLast: false,
    };
  }
  return { items: [], entryCount: 0, isLast: true };
}

function category($: CheerioAPI): string | null {
  const breadcrumbs = $<Element, string>(ARTICLE.breadcrumbs)
    .not('.home, .home a')
    .filter((_, crumb) => !/^(?:Página inicial|Início|Home)$/i.test(textOf([crumb])));
  return categoryOf(firstText(breadcrumbs.eq(1)) ?? $('meta[name="category"]').attr('content'));
}

/** A line of its own that begins with "Publicado em", its label and its date in one element or in two. */
function publishedLine($: CheerioAPI): Date | null {
  const labels = $<Element, string>('#content *').filter((_, { children }) =>
    children.some((child) => child.type === 'text' && /^\s*Publicad[oa]\b/i.test(child.data)),
  );
  for (const label of labels.slice(0, 20)) {
    for (const element of [label, label.parent]) {
      const [line = ''] = element ? textOf([element]).split(/ (?:por|[|(–—])(?: |$)/i) : [];
      const date = /^Publicad/i.test(line) && isDateLine(line) ? unlessUnset(parseBrazilianDate(line)) : null;
      if (date) return date.instant;
    }
  }
  return null;
}

/** JSON-LD, the by-line, then a line in the text. */
function published($: CheerioAPI, jsonLd: Date | null): Published | null {
  if (jsonLd) return { instant: jsonLd, source: 'json-ld' };
  const instant = dateOf($(ARTICLE.published))?.instant ?? publishedLine($);
  return instant && { instant, source: 'page' };
}

/** What holds small print that has the class of a subtitle: the text, and pictures. */
function isOfTheText({ name, attribs }: Element): boolean {
  const isPicture = name === 'figure' || /(?:^|\s)(?:newsImageContainer|captioned)(?:\s|$)/.test(attribs.class ?? '');
  return isPicture || attribs.id === 'parent-fieldname-text';
}

function parseArticle(page: Page, url: string): ExtractedArticle {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  const title = firstText($(ARTICLE.title));
  if (title === null) throw new ExtractionError(url, 'title');
  const dates = newsArticleDates($);
  const body = firstFilled($, ARTICLE.body);
  const subtitle = firstOf(ARTICLE.subtitle, (selector) =>
    firstText($<Element, string>(`#content ${selector}`).filter((_, element) => !ancestorOf(element, isOfTheText))),
  );
  const known = { title, subtitle, editorialLead: firstText($(ARTICLE.editorialLead)) };
  const tags = ARTICLE.tags.map((selector) => tagsOf($(selector))).find((texts) => texts.length > 0);
  // Before the body loses the parts that are none of it.
  const fields = {
    imageUrl: firstOf(ARTICLE.images, (selector) => firstImage($<Element, string>(selector), baseUrl)),
    category: category($),
    published: published($, dates.published),
    updated: dates.modified ?? dateOf($(ARTICLE.modified))?.instant ?? null,
  };
  removeAll($(ARTICLE.notBody));
  const content = contentOf(body ?? [], { url, baseUrl, known, hasVideo: false });
  return { ...known, ...fields, tags: tags ?? [], videoUrl: null, content };
}

/** Portals on Plone 4 with the gov.br theme. */
export const classic: Extractor = {
  platform: 'classic',
  accept: HTML,
  listingUrl: (sourceUrl, { entryCount }) => withParameter(sourceUrl, `b_start:int=${entryCount}`),
  parseListing,
  articleUrl: (url) => url,
  parseArticle,
};
