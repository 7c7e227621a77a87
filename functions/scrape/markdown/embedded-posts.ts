import { type AnyNode, collapse, type Element, isElement } from '../html.ts';
import type { PlayerLink } from './player-links.ts';
import { FACEBOOK, INSTAGRAM, instagramPost, X, xPost } from './post-links.ts';

const INSTAGRAM_CLASS = /(?:^|\s)instagram-media(?:\s|$)/;
const X_CLASS = /(?:^|\s)twitter-(?:tweet|video)(?:\s|$)/;
const FACEBOOK_CLASS = /(?:^|\s)fb-(?:post|video)(?:\s|$)/;
/** What stands in for a picture until a script loads it; editors lose the class of the box more often than the words. */
const PLACEHOLDER =
  /^(?:ver ess[ae] (?:foto|post|publicação|vídeo) no instagram|view this (?:photo|post) on instagram)(?![\p{L}\p{N}])/iu;

/** Bigger quotations are none of these boxes. */
const MAX_NODES = 400;
const MAX_PLACEHOLDER_LENGTH = 300;

/** The post that a network's box for it shows; null for any other element. */
export function embeddedPost(element: Element, baseUrl: string): PlayerLink | null {
  const { name, attribs } = element;
  const className = attribs.class ?? '';
  if (name === 'div' && FACEBOOK_CLASS.test(className)) {
    const url = URL.parse(attribs['data-href'] ?? '', baseUrl);
    return url && FACEBOOK.test(url.hostname) ? { url: url.href, label: 'Publicação no Facebook' } : null;
  }
  if (name !== 'blockquote') return null;
  const nodes = nodesOf(element);
  if (nodes.length > MAX_NODES) return null;
  const links = nodes.flatMap((node) => (isElement(node) && node.name === 'a' ? (node.attribs.href ?? []) : []));
  if (X_CLASS.test(className)) return linked(links, X, xPost, baseUrl, 'Publicação no X');
  if (!INSTAGRAM_CLASS.test(className) && !isPlaceholder(nodes)) return null;
  const addresses = [...links, attribs['data-instgrm-permalink'] ?? ''];
  return linked(addresses, INSTAGRAM, instagramPost, baseUrl, 'Publicação no Instagram');
}

/** Whether the box of a post also has its words, not only what stands in for it. */
export function isQuotation({ attribs }: Element): boolean {
  return X_CLASS.test(attribs.class ?? '');
}

/** What a quotation quotes: of a post its paragraphs, for the name and the date below them are in its link. */
export function quotedNodes(element: Element, baseUrl: string): readonly AnyNode[] {
  if (!isQuotation(element) || !embeddedPost(element, baseUrl)) return element.children;
  const paragraphs = element.children.filter((child) => isElement(child) && child.name === 'p');
  return paragraphs.length > 0 ? paragraphs : element.children;
}

function isPlaceholder(nodes: readonly AnyNode[]): boolean {
  const texts = nodes.map((node) => (node.type === 'text' ? node.data.slice(0, MAX_PLACEHOLDER_LENGTH) : ''));
  const text = collapse(texts.join(' ')).trim();
  return text.length < MAX_PLACEHOLDER_LENGTH && PLACEHOLDER.test(text);
}

/** The last of the addresses that is a post: words of a post may themselves have links to others. */
function linked(
  addresses: readonly string[],
  host: RegExp,
  post: (url: URL) => string | null,
  baseUrl: string,
  label: string,
): PlayerLink | null {
  for (const address of addresses.toReversed()) {
    const url = URL.parse(address, baseUrl);
    const page = url && host.test(url.hostname) ? post(url) : null;
    if (page !== null) return { url: page, label };
  }
  return null;
}

/** Everything below an element in the order of the page, as far as it matters. */
function nodesOf({ children }: Element, nodes: AnyNode[] = []): AnyNode[] {
  for (const child of children) {
    if (nodes.length > MAX_NODES) break;
    nodes.push(child);
    if (isElement(child)) nodesOf(child, nodes);
  }
  return nodes;
}
