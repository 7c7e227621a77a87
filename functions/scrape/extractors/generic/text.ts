import { type AnyNode, collapse, type Element, isElement, textOf } from '../../html.ts';

const MAX_NODES = 200;

/**
 * The text of an element on one line, or null when it is longer than `maxLength`: how long it is shows without reading
 * all of it, so that asking every element of a page costs no quadratic time.
 */
export function shortText(element: Element, maxLength: number): string | null {
  const stack: AnyNode[] = [element];
  let length = 0;
  for (let count = 0; count < MAX_NODES; count += 1) {
    const node = stack.pop();
    if (node === undefined) return textOf([element]);
    if (node.type === 'text') length += collapse(node.data.slice(0, maxLength * 10)).length;
    else if (isElement(node)) for (const child of node.children.slice(0, MAX_NODES)) stack.push(child);
    if (length > maxLength || stack.length > MAX_NODES) return null;
  }
  return null;
}

/** For comparing texts that differ in case, accents, punctuation or white space only. */
export function wordsOf(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}
