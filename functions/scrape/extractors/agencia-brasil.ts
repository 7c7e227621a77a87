import { ExtractionError } from '../errors.ts';
import { ancestorOf, baseUrlOf, type Element, parseHtml, within } from '../html.ts';
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

/** The article's own picture is among the first. */
const MAX_FIGURES = 20;

function parseArticle(page: Page, url: string): ExtractedArticle {
  const $ = parseHtml(page.body, page.url);
  const baseUrl = baseUrlOf($, page.url);
  const title = firstText($(ARTICLE.title));
  if (title === null) throw new ExtractionError(url, 'title');
  const known = { title, subtitle: firstText($(ARTICLE.subtitle)), editorialLead: null };
  const date = dateOf($(ARTICLE.date));
  const all = new Set($<Element, string>(ARTICLE.figures));
  const figures = [...all]
    .filter((figure) => !ancestorOf(figure, (ancestor) => all.has(ancestor)))
    .slice(0, MAX_FIGURES);
  const imageIn = (figure: Element) =>
    firstOf(ARTICLE.images, (selector) => firstImage(within($, figure, [selector]), baseUrl));
  return {
    ...known,
    content: contentOf(firstFilled($, [ARTICLE.body]) ?? [], { url, baseUrl, known, hasVideo: false }),
    imageUrl: figures.map(imageIn).find((url) => url !== null) ?? null,
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
