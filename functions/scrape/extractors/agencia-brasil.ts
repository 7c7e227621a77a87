import { ExtractionError } from '../errors.ts';
import { baseUrlOf, type Element, parseHtml } from '../html.ts';
import type { Page } from '../page.ts';
import { numberedPage, parseLinks } from './ebc-listing.ts';
import { type ExtractedArticle, type Extractor, HTML } from './extractor.ts';
import { contentOf, dateOf, firstFilled, firstImage, firstOf, firstText, tagsOf } from './fields.ts';

/** Two generations of markup are in use. */
const LISTING = ['a.capa-noticia[href*="/noticia/"]', '#view-ultimas-noticias-ajax .ultima_isotope a[title]'];

const ARTICLE = {
  title: 'h1.titulo-materia',
  subtitle: 'div.linha-fina-noticia',
  date: 'div.data',
  body: 'div.conteudo-noticia',
  figures: 'figure, div.conteudo-noticia',
  /** Pictures are loaded late: the address stands in one attribute, else in the fallback for browsers without scripts. */
  images: ['img[data-echo]', 'noscript img', 'img'],
  tags: 'a[href*="/tags/"]',
};

function parseArticle(page: Page, url: string): ExtractedArticle {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  const title = firstText($(ARTICLE.title));
  if (title === null) throw new ExtractionError(url, 'title');
  const known = { title, subtitle: firstText($(ARTICLE.subtitle)), editorialLead: null };
  const date = dateOf($(ARTICLE.date));
  const imageIn = (figure: Element) =>
    firstOf(ARTICLE.images, (selector) => firstImage($(figure).find<Element>(selector), baseUrl));
  return {
    ...known,
    content: contentOf(firstFilled($, [ARTICLE.body]) ?? [], { url, baseUrl, known, hasVideo: false }),
    imageUrl: $<Element, string>(ARTICLE.figures).toArray().map(imageIn).find(Boolean) ?? null,
    videoUrl: null,
    category: null,
    tags: tagsOf($(ARTICLE.tags)),
    published: date && { instant: date.instant, source: 'page' },
    updated: null,
  };
}

/** agenciabrasil.ebc.com.br */
export const agenciaBrasil: Extractor = {
  platform: 'agencia-brasil',
  accept: HTML,
  listingUrl: (sourceUrl, { pageCount }) => numberedPage(sourceUrl, pageCount),
  parseListing: (page) => parseLinks(page, LISTING),
  articleUrl: (url) => url,
  parseArticle,
};
