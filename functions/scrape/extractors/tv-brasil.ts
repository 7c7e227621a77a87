import { ebcArticleReader } from './ebc-article.ts';
import { numberedPage, parseLinks } from './ebc-listing.ts';
import { type Extractor, HTML } from './extractor.ts';

const LISTING = ['div.view-ultimas h3.heading a'];

const parseArticle = ebcArticleReader({
  title: ['article h1', 'h1'],
  editorialLead: ['h4.txtNoticias'],
  body: {
    allOf: 'article p, article ul, article ol, article blockquote, article h2, article h3, article iframe',
    // Lines that close every text.
    unless: /^(?:\*\s?Restrição de uso|Clique aqui para saber|Tags:)/i,
  },
  published: [{ of: 'article h5' }, { of: 'h5' }, { of: 'span.date-display-single' }],
  image: { within: ['article'], of: ['img'] },
  video: ['video source[type="video/mp4"]'],
});

/** tvbrasil.ebc.com.br */
export const tvBrasil: Extractor = {
  platform: 'tv-brasil',
  version: 2,
  accept: HTML,
  paging: 'number',
  listingUrl: (sourceUrl, { pageCount }) => numberedPage(sourceUrl, pageCount),
  parseListing: (page) => parseLinks(page, LISTING),
  articleUrl: (url) => url,
  parseArticle,
};
