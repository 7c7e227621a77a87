import { ebcArticleReader } from './ebc-article.ts';
import { numberedPage, parseLinks } from './ebc-listing.ts';
import { type Extractor, HTML } from './extractor.ts';

/** Two generations of markup are in use. */
const LISTING = ['a.capa-noticia[href*="/noticia/"]', '#view-ultimas-noticias-ajax .ultima_isotope a[title]'];

const parseArticle = ebcArticleReader({
  title: ['h1.titulo-materia'],
  subtitle: { of: ['div.linha-fina-noticia'] },
  body: { firstOf: ['div.conteudo-noticia'] },
  published: [{ of: 'div.data' }],
  // Pictures are loaded late: the address stands in one attribute, else in the fallback for browsers without scripts.
  image: { within: ['figure, div.conteudo-noticia'], of: ['img[data-echo]', 'noscript img', 'img'] },
});

/** agenciabrasil.ebc.com.br */
export const agenciaBrasil: Extractor = {
  platform: 'agencia-brasil',
  version: 2,
  accept: HTML,
  paging: 'number',
  listingUrl: (sourceUrl, { pageCount }) => numberedPage(sourceUrl, pageCount),
  parseListing: (page) => parseLinks(page, LISTING),
  articleUrl: (url) => url,
  parseArticle,
};
