import type { CheerioAPI } from 'cheerio/slim';
import { type Element, isElement } from '../html.ts';

/** The elements that one of the selectors matches, in the order of the page. */
export type Selection = (selector: string) => readonly Element[];

/** Prepares the selectors; what comes back finds all of them in a single walk over a page. */
export function selectorSet(selectors: readonly string[]): ($: CheerioAPI) => Selection {
  const keys = new Map([...new Set(selectors)].map((selector) => [selector, keysOf(selector)]));
  const wanted = new Set([...keys.values()].flat());
  return ($) => {
    const candidates = new Map<string, Element[]>();
    const positions = new Map<Element, number>();
    collect($.root()[0]!.children, wanted, (key, element) => {
      if (!positions.has(element)) positions.set(element, positions.size);
      const list = candidates.get(key);
      if (list) list.push(element);
      else candidates.set(key, [element]);
    });
    const select = (selector: string): Element[] => {
      const ofSelector = keys.get(selector);
      if (!ofSelector) throw new RangeError(`The selector ${selector} was not prepared`);
      const elements = [...new Set(ofSelector.flatMap((key) => candidates.get(key) ?? []))];
      if (elements.length === 0) return elements;
      if (ofSelector.length > 1) elements.sort((a, b) => positions.get(a)! - positions.get(b)!);
      return $(elements).filter(selector).toArray();
    };
    const found = new Map<string, Element[]>();
    return (selector) => {
      const elements = found.get(selector) ?? select(selector);
      found.set(selector, elements);
      return elements;
    };
  };
}

/** What an element must have to be matched at all, by alternative: `#id`, `.class`, or a tag name. */
function keysOf(selector: string): string[] {
  return selector.split(/,(?![^[]*\])/).map((alternative) => {
    const last = /[^\s>+~]+$/.exec(alternative.replace(/\[[^\]]*\]/g, '').trim())?.[0] ?? '';
    const key = /#[\w-]+/.exec(last)?.[0] ?? /\.[\w-]+/.exec(last)?.[0] ?? /^[a-z]\w*/.exec(last)?.[0];
    if (key === undefined) throw new RangeError(`The selector ${selector} must end in an id, a class or a tag`);
    return key;
  });
}

function collect(
  nodes: Element['children'],
  wanted: ReadonlySet<string>,
  take: (key: string, element: Element) => void,
): void {
  for (const node of nodes) {
    if (!isElement(node)) continue;
    const { id, class: classes } = node.attribs;
    if (wanted.has(node.name)) take(node.name, node);
    if (id !== undefined && wanted.has(`#${id}`)) take(`#${id}`, node);
    if (classes !== undefined) {
      for (const name of new Set(classes.split(/\s+/))) if (wanted.has(`.${name}`)) take(`.${name}`, node);
    }
    collect(node.children, wanted, take);
  }
}
