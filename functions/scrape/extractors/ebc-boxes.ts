import { type AnyNode, breaksText, collapse, isElement, textOf } from '../html.ts';

/** Above links to other news. */
const RELATED_LABEL = /^(?:notícias?|matérias?|reportagens|reportagem) relacionadas?\s*:?$/i;
/** Above the same news as sound, which the text has no part of. */
const SOUND_LABEL = /^ouça(?: também)? na (?:radioagência|rádio) nacional\s*:?$/i;
const MAX_LABELS = 20;
const MAX_TEXT_LENGTH = 60;
/** Elements around a label that may hold nothing else. */
const MAX_WRAPPERS = 8;

type Parent = Extract<AnyNode, { children: unknown }>;

/** What stands in a text of EBC without being of it: lines that announce something, and links to other news below them. */
export function boxesIn(root: Parent): AnyNode[] {
  const labels: AnyNode[] = [];
  collectLabels(root.children, labels);
  return labels.map(wholeLine).flatMap((line) => {
    if (SOUND_LABEL.test(textOf([line]))) return isAlone(line, (node) => !holds(node, 'a')) ? line : [];
    return isAlone(line, () => true) ? [line, ...linksBelow(line)] : [];
  });
}

function isLabel(text: string): boolean {
  return RELATED_LABEL.test(text) || SOUND_LABEL.test(text);
}

function collectLabels(nodes: Parent['children'], labels: AnyNode[]): void {
  for (const node of nodes) {
    if (labels.length >= MAX_LABELS) return;
    if (node.type === 'text') {
      if (node.data.length < MAX_TEXT_LENGTH && isLabel(collapse(node.data).trim())) labels.push(node);
    } else if (isElement(node) && !/^(?:script|style)$/.test(node.name)) collectLabels(node.children, labels);
  }
}

/** The outermost element around a label that holds nothing else. */
function wholeLine(label: AnyNode): AnyNode {
  let line = label;
  for (let level = 0; level < MAX_WRAPPERS; level += 1) {
    const { parent } = line;
    if (!parent || !isElement(parent) || !isLabel(textOf([parent]))) break;
    line = parent;
  }
  return line;
}

function endsLine(node: AnyNode | null): boolean {
  return node === null || (isElement(node) && breaksText(node.name));
}

/** Whether nothing but links that fit stands in the same line: a sentence may begin with the words of a label. */
function isAlone(line: AnyNode, fits: (node: AnyNode) => boolean): boolean {
  if (endsLine(line)) return true;
  let before = line.prev;
  while (before?.type === 'text' && before.data.trim() === '') before = before.prev;
  if (!endsLine(before)) return false;
  for (let node = line.next; !endsLine(node); node = node!.next) if (!isLinksOnly(node!) || !fits(node!)) return false;
  return true;
}

/** A list of links, or links one below the other. */
function linksBelow(line: AnyNode): AnyNode[] {
  const links: AnyNode[] = [];
  for (let node = line.next; node; node = node.next) {
    const isList = isElement(node) && /^(?:ul|ol)$/.test(node.name);
    if (isList ? !holds(node, 'a') : !isLinksOnly(node) || isPicture(node)) break;
    links.push(node);
    if (isList) break;
  }
  return links;
}

function holds(node: AnyNode, name: string): boolean {
  return isElement(node) && (node.name === name || node.children.some((child) => holds(child, name)));
}

/** Pictures of other news have their headlines beside them. */
function isPicture(node: AnyNode): boolean {
  return holds(node, 'img') && textOf([node]) === '';
}

/** Whether all words of a node are links: spaces and marks between them are none. */
function isLinksOnly(node: AnyNode): boolean {
  if (node.type === 'text') return !/[\p{L}\p{N}]/u.test(node.data);
  if (!isElement(node) || node.name === 'a') return true;
  return !/^(?:iframe|video)$/.test(node.name) && node.children.every(isLinksOnly);
}
