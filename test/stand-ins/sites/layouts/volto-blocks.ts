import type { Block, SampleArticle } from '../article.ts';
import { createRandom } from '../random.ts';
import type { SampleSource } from '../sources.ts';
import { blockHtml, createInline } from './html.ts';
import { portalRoot } from './portal.ts';

type Json = Record<string, unknown>;

export interface VoltoBlocks {
  blocks: Record<string, Json>;
  blocks_layout: { items: string[] };
}

/** The frame that the editors cannot remove; none of it is text of the article. */
const FRAME: readonly Json[] = [
  { '@type': 'subtitleBlock', fixed: true },
  { '@type': 'title', fixed: true, required: true },
  { '@type': 'description', fixed: true },
  { '@type': 'dateSocialShareBlock', fixed: true, required: true },
  { '@type': 'textToSpeech', fixed: true },
  { '@type': 'leadimage', fixed: true },
];

/** The blocks of an article; their order stands in the layout only, the object is sorted by its random keys. */
export function voltoBlocks(source: SampleSource, article: SampleArticle): VoltoBlocks {
  const random = createRandom(article.url, article.variant);
  const render = blockWriter(source, article);
  const entries = [...FRAME, ...article.body.map(render)].map((block) => {
    const id = [8, 4, 4, 4, 12].map((length) => random.hex(length)).join('-');
    return [id, block] as const;
  });
  return {
    blocks: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    blocks_layout: { items: entries.map(([id]) => id) },
  };
}

/** An article is written in one of the three editors that were in use: HTML, Slate, or the old plain text. */
function blockWriter(source: SampleSource, article: SampleArticle): (block: Block) => Json {
  const root = new URL(portalRoot(source)).pathname;
  const hrefs = [`${root}/pt-br/acesso-a-informacao`, 'https://www.gov.br/pt-br/servicos', `${root}/pt-br/assuntos`];
  const inline = createInline(article.variant, hrefs);
  const editor = article.variant % 4;
  let turn = article.variant;
  return (block) => {
    if (block.kind === 'image') return { '@type': 'image', url: block.src, alt: block.alt, size: 'l', align: 'center' };
    if (block.kind === 'table' || editor % 2 === 0) return { '@type': 'html', html: blockHtml(block, inline) };
    if (editor === 3 && block.kind === 'paragraph') return textBlock(block.text);
    turn += 1;
    return slateBlock(block, hrefs[turn % hrefs.length]!, turn);
  };
}

function textBlock(marked: string): Json {
  const text = marked.replaceAll('*', '');
  return {
    '@type': 'text',
    text: { blocks: [{ key: 'a', text, type: 'unstyled', inlineStyleRanges: [], entityRanges: [] }], entityMap: {} },
  };
}

function slateBlock(block: Exclude<Block, { kind: 'image' | 'table' }>, href: string, turn: number): Json {
  const children = (text: string) => slateNodes(text, href, turn);
  const plain = (text: string) => text.replaceAll('*', '');
  if (block.kind === 'list') {
    const items = block.items.map((item) => ({ type: 'li', children: children(item) }));
    return { '@type': 'slate', plaintext: block.items.map(plain).join(' '), value: [{ type: 'ul', children: items }] };
  }
  const type = { paragraph: 'p', heading: 'h3', quote: 'blockquote' }[block.kind];
  return { '@type': 'slate', plaintext: plain(block.text), value: [{ type, children: children(block.text) }] };
}

/** Leaves keep their blanks at either side of an inline node: trimming them glues words. */
function slateNodes(text: string, href: string, turn: number): Json[] {
  return text.split('*').map((part, index) => {
    if (index % 2 === 0) return { text: part };
    if ((turn + index) % 3 === 0) return { type: 'link', data: { url: href }, children: [{ text: part }] };
    return { type: (turn + index) % 3 === 1 ? 'strong' : 'em', children: [{ text: part }] };
  });
}
