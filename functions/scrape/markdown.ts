import { NodeHtmlMarkdown, type TranslatorConfigObject } from 'node-html-markdown';
import { blockHtml } from './block-html.ts';
import type { AnyNode } from './html.ts';

/** Blocks are converted together up to this length: the converter is quadratic in the length of what it is given. */
const MAX_BATCH_LENGTH = 8_000;

const LIST = /^<[uo]l>/;

/**
 * The converter's own rules for these delete underscores from emphasised texts and the addresses in them, and turn some
 * links into `<…>`; inlineHtml has already seen to what they are for.
 */
const inlineTranslators: TranslatorConfigObject = {
  a: ({ node }) => ({ prefix: '[', postfix: `](${node.getAttribute('href')})` }),
  strong: { prefix: '**', postfix: '**' },
  em: { prefix: '_', postfix: '_' },
};

const nothing: readonly [RegExp, string] = [/(?!)/g, ''];

const converter = new NodeHtmlMarkdown({
  bulletMarker: '-',
  // Enough for items within numbered ones too.
  indent: '    ',
  // inlineHtml escapes what needs it; the converter's rules also hit figures and dashes in the middle of a sentence.
  globalEscape: nothing,
  lineStartEscape: nothing,
});
for (const [tag, translator] of Object.entries(inlineTranslators)) {
  converter.translators.set(tag, translator);
  converter.aTagTranslators.set(tag, translator);
  converter.tableCellTranslators.set(tag, translator);
}

function batches(blocks: readonly string[]): string[] {
  const result: string[] = [];
  let batch = '';
  for (const block of blocks) {
    // Lists side by side would come out as one.
    const isSecondList = LIST.test(block) && batch.endsWith('l>');
    if (batch !== '' && (isSecondList || batch.length + block.length > MAX_BATCH_LENGTH)) {
      result.push(batch);
      batch = '';
    }
    batch += block;
  }
  if (batch !== '') result.push(batch);
  return result;
}

/** Columns are padded to the widest cell, which only makes the text longer. */
function withoutPadding(markdown: string): string {
  return markdown.replace(/^\|.*$/gm, (row) =>
    /^\|(?: -+ \|)+$/.test(row) ? row.replace(/-+/g, '---') : row.replace(/ {2,}/g, ' '),
  );
}

/**
 * Converts the nodes of a body to Markdown. Words never glue at tags; links and pictures are absolute; nothing that
 * runs in a browser is left, literal `<script>` in a text included.
 */
export function toMarkdown(nodes: readonly AnyNode[], baseUrl: string): string {
  const texts = batches(blockHtml(nodes, baseUrl)).map((html) => withoutPadding(converter.translate(html)));
  return texts.join('\n\n');
}
