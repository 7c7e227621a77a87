import { ExtractionError } from '../errors.ts';
import { absoluteUrl, ancestorOf, baseUrlOf, type Element, parseHtml, textOf } from '../html.ts';
import type { Page } from '../page.ts';
import { numberedPage, parseLinks } from './ebc-listing.ts';
import { type ExtractedArticle, type Extractor, HTML } from './extractor.ts';
import { contentOf, dateOf, firstImage, firstOf, firstText, tagsOf } from './fields.ts';

const LISTING = ['div.view-ultimas h3.heading a'];

const ARTICLE = {
  title: ['article h1', 'h1'],
  editorialLead: 'h4.txtNoticias',
  dates: ['article h5', 'h5', 'span.date-display-single'],
  body: 'article p, article ul, article ol, article blockquote, article h2, article h3',
  image: 'article img',
  video: 'video source[type="video/mp4"]',
  tags: 'a[href*="/tags/"]',
};

/** Lines that close every text. */
const BOILERPLATE = /^(?:\*\s?Restrição de uso|Clique aqui para saber|Tags:)/i;

function parseArticle(page: Page, url: string): ExtractedArticle {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  const title = firstOf(ARTICLE.title, (selector) => firstText($(selector)));
  if (title === null) throw new ExtractionError(url, 'title');
  const known = { title, subtitle: null, editorialLead: firstText($(ARTICLE.editorialLead)) };
  const date = firstOf(ARTICLE.dates, (selector) => dateOf($(selector)));
  const videoUrl = absoluteUrl($(ARTICLE.video).attr('src'), baseUrl);
  const selected = new Set($<Element, string>(ARTICLE.body));
  const body = [...selected].filter((element) => !ancestorOf(element, (ancestor) => selected.has(ancestor)));
  const text = body.filter((element) => !BOILERPLATE.test(textOf([element])));
  return {
    ...known,
    content: contentOf(text, { url, baseUrl, known, hasVideo: videoUrl !== null }),
    imageUrl: firstImage($<Element, string>(ARTICLE.image), baseUrl),
    videoUrl,
    category: null,
    tags: tagsOf($(ARTICLE.tags)),
    published: date && { instant: date.instant, source: 'page' },
    updated: null,
  };
}

/** tvbrasil.ebc.com.br */
export const tvBrasil: Extractor = {
  platform: 'tv-brasil',
  accept: HTML,
  listingUrl: (sourceUrl, { pageCount }) => numberedPage(sourceUrl, pageCount),
  parseListing: (page) => parseLinks(page, LISTING),
  articleUrl: (url) => url,
  parseArticle,
};
