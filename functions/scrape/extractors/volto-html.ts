import { articleReader } from './article-definition.ts';

/** Blocks of Volto that stand around a text, or lead away from it: the same that its JSON is read without. */
const FRAME_BLOCKS =
  `title description subtitleBlock dateSocialShareBlock textToSpeech leadimage listing search relatedItems teaser toc
   maps separator button __button breadcrumbs form schemaForm`.split(/\s+/);
const TEXT_BLOCKS = `#main div.block${FRAME_BLOCKS.map((name) => `:not(.${name})`).join('')}`;
/** Paragraphs of some editors have no block around them. */
const BARE_TEXT = ['p:not([class*="documentDescription"])', 'h2', 'h3', 'ul', 'ol', 'blockquote', 'table']
  .map((element) => `#page-document > ${element}`)
  .join(', ');

/** Reads pages of Volto portals whose server has rendered the article: most leave that to the browser. */
export const readVoltoHtml = articleReader({
  title: ['#main h1.documentFirstHeading', '#main h1', 'h1.documentFirstHeading'],
  editorialLead: ['#main .subtitleBlock'],
  subtitle: { of: ['#main .documentDescription'] },
  body: { allOf: `${TEXT_BLOCKS}, ${BARE_TEXT}`, unless: /^(?:Carregando|Loading)(?:\.\.\.|…)?$/i },
  removed: FRAME_BLOCKS.map((name) => `#main .block.${name}`).join(', '),
  published: ['json-ld', { lineWithin: '#main' }],
  modified: ['json-ld'],
  category: [{ meta: 'meta[name="category"]' }],
  tags: ['#main a[href*="Subject"]', '#main .tags a'],
  image: { within: ['#main .leadimage', '#page-document', '#main .block'], of: ['img'] },
  video: ['#main video source[type="video/mp4"]', '#main video[src]'],
});
