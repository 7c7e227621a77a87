/** How a rule across the page is written in Markdown. */
export const RULE = '---';

const STROKES = /^(?=\S)[\s\\_*=–—―-]+$/;
const MIN_STROKES = 3;

/** Whether a line is nothing but strokes that an editor drew in place of a rule. */
function isDrawn(line: string): boolean {
  return STROKES.test(line) && line.replace(/[\s\\]/g, '').length >= MIN_STROKES;
}

/** A block with every rule that was drawn in it as a block of its own. */
export function withRules(block: string): string[] {
  const lines = block.split('\n');
  if (!lines.some(isDrawn)) return [block];
  const blocks: string[] = [];
  let run: string[] = [];
  const endRun = () => {
    if (run.length > 0) blocks.push(run.join('\n').trimEnd());
    run = [];
  };
  for (const line of lines) {
    // Strokes below a line make a heading of it, unless they are escaped.
    const isUnderline = run.length > 0 && /^(?:=+|-+)\s*$/.test(line);
    if (isUnderline || !isDrawn(line)) run.push(line);
    else {
      endRun();
      blocks.push(RULE);
    }
  }
  endRun();
  return blocks;
}

/** Blocks without rules at the ends, and with one where several would follow each other. */
export function tidyRules(blocks: readonly string[]): string[] {
  const single = blocks.filter((block, index) => block !== RULE || (index > 0 && blocks[index - 1] !== RULE));
  return single.at(-1) === RULE ? single.slice(0, -1) : single;
}
