/** Beyond so many columns cells that reach over rows and columns are taken as plain ones. */
const MAX_SPANNED_COLUMNS = 30;

export interface Cell {
  text: string;
  columnSpan: number;
  rowSpan: number;
}

/** Rows of equal columns; what a cell reaches over is left empty, so that every text stays in its column. */
function grid(rows: readonly Cell[][]): string[][] {
  /** Rows that a cell above still reaches into, by column. */
  const reaching: number[] = [];
  return rows.map((row) => {
    const texts: string[] = [];
    for (const { text, columnSpan, rowSpan } of row) {
      while (reaching[texts.length]) {
        reaching[texts.length]! -= 1;
        texts.push('');
      }
      const width = Math.min(columnSpan, Math.max(1, MAX_SPANNED_COLUMNS - texts.length));
      for (let column = 0; column < width; column++) {
        if (texts.length < MAX_SPANNED_COLUMNS) reaching[texts.length] = rowSpan - 1;
        texts.push(column === 0 ? text : '');
      }
    }
    for (let column = texts.length; column < reaching.length; column++) {
      if (reaching[column]) reaching[column]! -= 1;
    }
    return texts;
  });
}

/** A table of Markdown; its first row is the header, which Markdown cannot do without. */
export function tableMarkdown(rows: readonly Cell[][]): string {
  const texts = grid(rows);
  const width = texts.reduce((widest, row) => Math.max(widest, row.length), 0);
  const [header = [], ...others] = texts;
  // Cells beyond the header's would be dropped; missing ones at the end of a row are filled in by every reader.
  const wide = [...header, ...Array<string>(width - header.length).fill('')];
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(wide), `|${' --- |'.repeat(width)}`, ...others.map(line)].join('\n');
}
