import type { Cheerio, CheerioAPI } from 'cheerio/slim';
import { parseBrazilianDate } from '../../../shared/time.ts';
import { isDateLine } from '../clean-markdown.ts';
import { ExtractionError } from '../errors.ts';
import { absoluteUrl, baseUrlOf, type Element, parseHtml, textOf } from '../html.ts';
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

interface ListingLayout {
  entry: string;
  link: string;
  category: string;
  tags: string;
  date: string;
}

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
    entry: '#content-core div.item:has(a.summary)',
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
  /** Small print in the text and under its pictures has the same class. */
  notSubtitle: '#parent-fieldname-text *, .newsImageContainer *, .captioned *, figure *',
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

function listingItem(
  entry: Cheerio<Element>,
  layout: ListingLayout,
  baseUrl: string,
  pageUrl: string,
): ListingItem | null {
  const link = entry.find(layout.link).first();
  const url = URL.parse(absoluteUrl(link.attr('href'), baseUrl) ?? '');
  if (!url || !isNews(entry, link, url, pageUrl)) return null;
  return {
    url: url.href,
    title: textOf(link),
    date: dateOf(entry.find(layout.date)),
    category: categoryOf(firstText(entry.find(layout.category))),
    tags: tagsOf(entry.find(layout.tags)),
  };
}

function parseListing(page: Page): ListingPage {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  for (const layout of LISTING_LAYOUTS) {
    const entries = $<Element, string>(layout.entry).toArray();
    if (!entries.some((entry) => $(entry).find(layout.link).attr('href') !== undefined)) continue;
    const items = entries.map((entry) => listingItem($(entry), layout, baseUrl, page.url));
    return { items: items.filter((item) => item !== null), entryCount: entries.length, isLast: false };
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

function parseArticle(page: Page, url: string): ExtractedArticle {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  const title = firstText($(ARTICLE.title));
  if (title === null) throw new ExtractionError(url, 'title');
  const dates = newsArticleDates($);
  const body = firstFilled($, ARTICLE.body);
  const subtitle = firstOf(ARTICLE.subtitle, (selector) =>
    firstText($('#content').find(selector).not(ARTICLE.notSubtitle)),
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
  body?.find(ARTICLE.notBody).remove();
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
