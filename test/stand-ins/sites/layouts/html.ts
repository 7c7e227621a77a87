import type { Block } from '../article.ts';

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Renders inline text; stateful, so that the forms of emphasis take turns over one whole article. */
export type Inline = (text: string) => string;

/** Where white space stands around an inline tag: all of these are on real pages, and each has glued words somewhere. */
const SPACINGS: readonly ((before: string, open: string, text: string, close: string, after: string) => string)[] = [
  (before, open, text, close, after) => `${before}${open}${text}${close}${after}`,
  (before, open, text, close, after) => `${open}${before}${text}${after}${close}`,
  (before, open, text, close, after) => `${before && '\n'}${open}${text}${close}${after && '\n  '}`,
  (before, open, text, close, after) => `${before && '&nbsp;'}${open}${text}${close}${after}`,
];

/** Editors paste from word processors, which split words into spans. */
function splitLongWord(html: string): string {
  return html.replace(/(?<=^| )(\p{L}{5})(\p{L}{4,})(?= )/u, '<span>$1</span><span>$2</span>');
}

/** @param hrefs targets of the links, used in turn; absolute or relative, as the site writes them. */
export function createInline(variant: number, hrefs: readonly string[]): Inline {
  let turn = variant;
  return (text) => {
    const html = escapeHtml(text).replace(
      /( ?)\*([^*]+)\*( ?)/g,
      (_match, before: string, words: string, after: string) => {
        turn += 1;
        const tags = [
          ['<strong>', '</strong>'],
          ['<em>', '</em>'],
          [`<a class="internal-link" href="${hrefs[turn % hrefs.length]}" target="_self">`, '</a>'],
        ] as const;
        const [open, close] = tags[turn % tags.length]!;
        return SPACINGS[Math.floor(turn / tags.length) % SPACINGS.length]!(before, open, words, close, after);
      },
    );
    return (variant + turn) % 5 === 0 ? splitLongWord(html) : html;
  };
}

/** One block as the rich-text editors of these sites write it. */
export function blockHtml(block: Block, inline: Inline): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p class="" style="text-align: justify;">${inline(block.text)}</p>`;
    case 'heading':
      return `<h3>${inline(block.text)}</h3>`;
    case 'quote':
      return `<blockquote class="pullquote"><p>${inline(block.text)}</p></blockquote>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `  <li>${inline(item)}</li>`).join('\n')}\n</ul>`;
    case 'table':
      return tableHtml(block.rows);
    case 'image':
      return `<p><img class="image-inline" src="${escapeHtml(block.src)}" alt="${escapeHtml(block.alt)}" title="" /></p>`;
  }
}

function tableHtml(rows: readonly string[][]): string {
  const lines = rows.map((cells, index) => {
    const tag = index === 0 ? 'th' : 'td';
    return `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  });
  return `<table class="plain"><tbody>\n${lines.join('\n')}\n</tbody></table>`;
}
