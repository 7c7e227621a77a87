import type { Cheerio, CheerioAPI } from 'cheerio/slim';
import { absoluteUrl, ancestorOf, baseUrlOf, type Element, parseHtml, textOf } from '../html.ts';
import type { Page } from '../page.ts';
import { articleReader } from './article-definition.ts';
import { type Extractor, HTML, type ListingItem, type ListingPage, withParameter } from './extractor.ts';
import { categoryOf, dateOf, firstText, tagsOf } from './fields.ts';

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

const parseArticle = articleReader({
  title: ['h1.documentFirstHeading'],
  editorialLead: ['p.nitfSubtitle'],
  subtitle: {
    of: ['#content .documentDescription', '#content p.description', '#content p.discreet'],
    notWithin: 'figure, .newsImageContainer, .captioned, #parent-fieldname-text',
  },
  // Editors also write beside the field that is meant for the text.
  body: {
    firstOf: ['#content-core:has(#parent-fieldname-text)', '#parent-fieldname-text', '#content-core', '#content'],
  },
  removed: [
    'h1.documentFirstHeading, p.nitfSubtitle, .documentDescription, .keywords, #category, .portal-breadcrumbs',
    '.newsImageContainer, #parent-fieldname-image, #parent-fieldname-imageCaption',
    '#viewlet-above-content-title, #viewlet-below-content-title, #viewlet-above-content, #viewlet-below-content',
    '#viewlet-above-content-body, #viewlet-below-content-body, .viewlet, .portlet, .listingBar, .discussion',
    '.relatedItems, #relatedItems, #relatedItemBox, .related-items, .relacionados, .relacionadas, .noticias-relacionadas',
  ].join(', '),
  published: ['json-ld', { of: '.documentPublished .value' }, { lineWithin: '#content' }],
  modified: ['json-ld', { of: '.documentModified .value' }],
  category: [
    { trail: 'nav.portal-breadcrumbs a, nav#breadcrumbs a', home: '.home' },
    { meta: 'meta[name="category"]' },
  ],
  tags: ['a[href*="origem=keyword"]', '.keywords a'],
  image: { within: ['#content-core', '#content'], of: ['img'] },
  video: ['#content video source[type="video/mp4"]', '#content video[src]'],
});

const NO_NEWS_CLASS = /(?:^|\s)(?:tile|contenttype)-(?:file|link|image|folder|collection|event)(?:\s|$)/i;
const NO_NEWS_TYPE = /^(?:File|Link|Image|Folder|Collection|Event|Arquivo|Imagem|Pasta|Coleção|Evento)$/i;
const DOWNLOAD = /\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|csv|zip|jpe?g|png|gif|mp3|mp4)(?:\/(?:view|at_download\/file))?$/i;

/** What is called news is, also under another name of its site. */
const NEWS_CLASS = /(?:^|\s)(?:tile|contenttype)-(?:collective-nitf-content|news-item)(?:\s|$)/i;

/** Listings mix files and links to other sites with the news. */
function isNews(entry: Cheerio<Element>, link: Cheerio<Element>, url: URL, listingUrl: string): boolean {
  const types = [link.attr('title'), link.parent().attr('title')];
  const classes = [entry.attr('class'), link.attr('class')];
  const listing = new URL(listingUrl);
  const isItself = url.host === listing.host && url.pathname === listing.pathname;
  return (
    !isItself &&
    (url.host === listing.host || classes.some((names) => names !== undefined && NEWS_CLASS.test(names))) &&
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
    let lastItemIndex: number | null = null;
    const entries = fieldsByEntry($, layout);
    for (const [position, [entry, fields]] of [...entries].entries()) {
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
      const isItem = url !== null && isNews($(entry), $(link), url, page.url);
      if (isItem) lastItemIndex = layout.isAlwaysLinked ? items.length : position;
      items.push(isItem ? item : null);
    }
    if (items.length === 0) continue;
    return {
      items: items.filter((item) => item !== null),
      entryCount: layout.isAlwaysLinked ? items.length : entries.size,
      lastItemIndex,
      isLast: false,
    };
  }
  return { items: [], entryCount: 0, lastItemIndex: null, isLast: true };
}

/** Portals on Plone 4 with the gov.br theme. */
export const classic: Extractor = {
  platform: 'classic',
  version: 2,
  accept: HTML,
  paging: 'offset',
  listingUrl: (sourceUrl, { entryCount }) => withParameter(sourceUrl, `b_start:int=${entryCount}`),
  parseListing,
  articleUrl: (url) => url,
  parseArticle,
};
