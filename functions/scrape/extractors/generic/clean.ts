import { type AnyNode, breaksText, type Element, isElement, removeAll, textOf } from '../../html.ts';
import { isDateLine } from './dates.ts';

/** Words in class names and ids, in any order and case, of what stands in a text without being of it. */
const BESIDE_THE_TEXT = new Set(
  `ad ads advert advertisement advertising sponsored sponsor promo promos promotion newsletter newsletters subscribe
   subscription signup related recommended recommendations recirc recirculation share sharing sharebar social comment
   comments byline bio caption captions credit credits copyright tags taglist keywords breadcrumb breadcrumbs slideshow
   gallery carousel toolbar tooltip print printer pagination pager popup modal dateline timestamp datetime pubdate
   offscreen
   relacionada relacionadas relacionado relacionados compartilhar compartilhe compartilhamento publicidade legenda
   creditos comentarios assinatura autor veja`.split(/\s+/),
);
/** Text for screen readers only. */
const UNSEEN =
  /(?:^|\s)(?:off-?screen|visually-?hidden|screen-reader-text|sr-only|a11y-hidden|element-invisible)(?:\s|$)/i;

/** What opens a list of other stories or a plea, as a line of its own. */
const ASIDE_HEADING =
  /^(?:(?:you (?:may|might) (?:also )?(?:like|be interested)|(?:related|recommended|more|popular|trending|latest|top)(?: \p{L}+){0,2}? (?:articles?|stories|news|posts?|topics?|content|links?|coverage|reading|videos?)|related|see also|read more|read next|up next|don[’']t miss|more (?:from|on|about) .{0,60}|more like this|share (?:this|on|via).{0,40}|follow us.{0,40}|about the authors?|leave a (?:reply|comment)|comments?|tags?|filed under|newsletters?|advertisement|leia (?:também|mais)|veja (?:também|mais)|saiba mais|(?:notícias|matérias|artigos|conteúdos?|posts?) relacionad[ao]s|relacionad[ao]s|mais (?:notícias|lidas)|comentários?|publicidade|compartilhe.{0,40}|sobre o autor|lea también|te puede interesar|noticias relacionadas|publicidad)\s*[:.…]?)$/iu;

/** A link to a document belongs to the text. */
const DOCUMENT = /^[^?#]*\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|csv|zip)(?:[/?#]|$)|\/@@download\//i;

/** An element that is more of a text than this is the text, whatever its name. */
const MAX_SHARE = 0.3;
/** A label, a date, a teaser or a caption is not longer. */
const MAX_LINE_LENGTH = 400;
const MAX_IMAGES = 20;

function wordsIn({ attribs }: Element): string[] {
  return `${attribs.class ?? ''} ${attribs.id ?? ''}`
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .split(/[^a-z]+/);
}

interface Measure {
  /** Characters of text that are no white space, and how many of them are links to pages. */
  length: number;
  linked: number;
  links: number;
  images: Element[];
  /** Blocks within it. */
  blocks: number;
  /** Elements that make a figure more than a picture. */
  hasBody: boolean;
}

type Measures = Map<Element, Measure>;

function measure(nodes: readonly AnyNode[], isLinked: boolean, measures: Measures): Measure {
  const sum: Measure = { length: 0, linked: 0, links: 0, images: [], blocks: 0, hasBody: false };
  for (const node of nodes) {
    if (node.type === 'text') {
      const length = node.data.replace(/\s+/g, '').length;
      sum.length += length;
      if (isLinked) sum.linked += length;
    }
    if (!isElement(node)) continue;
    const { href } = node.attribs;
    const isLink = node.name === 'a' && href !== undefined && !DOCUMENT.test(href);
    const inner = measure(node.children, isLinked || isLink, measures);
    measures.set(node, inner);
    sum.length += inner.length;
    sum.linked += inner.linked;
    sum.links += inner.links + (isLink ? 1 : 0);
    if (node.name === 'img') sum.images.push(node);
    else for (const image of inner.images.slice(0, MAX_IMAGES)) sum.images.push(image);
    sum.blocks += inner.blocks + (breaksText(node.name) && node.name !== 'br' ? 1 : 0);
    sum.hasBody ||= inner.hasBody || /^(?:table|pre|blockquote|ul|ol|h[1-6])$/.test(node.name);
  }
  return sum;
}

/** A heading of another story: nothing but a link, and long or shouted. */
function isTeaser(element: Element, { length, linked, images }: Measure): boolean {
  if (length === 0 || images.length > 0 || linked / length < 0.9) return false;
  const text = textOf([element]);
  const words = text.split(' ').length;
  return words >= 8 || (words >= 4 && text === text.toUpperCase());
}

function isListOfLinks({ name }: Element, { length, linked, links }: Measure): boolean {
  return /^(?:ul|ol|dl|div|section|table)$/.test(name) && links >= 3 && linked / length > 0.8;
}

/** The lines under a headline that say when and where a text was published. */
function isListOfData({ name, children }: Element, { length }: Measure): boolean {
  if (!/^(?:ul|ol|dl)$/.test(name) || length > MAX_LINE_LENGTH) return false;
  return children.some((child) => isDateLine(textOf([child])));
}

/** Whether an element within the found text is none of it. `share` is its part of the text. */
function isAside(element: Element, own: Measure, share: number): boolean {
  if (UNSEEN.test(element.attribs.class ?? '')) return true;
  if (share > MAX_SHARE) return false;
  if (wordsIn(element).some((word) => BESIDE_THE_TEXT.has(word))) return true;
  if (isListOfLinks(element, own) || isListOfData(element, own)) return true;
  if (own.blocks > 0 || !breaksText(element.name) || own.length > MAX_LINE_LENGTH) return false;
  const text = textOf([element]);
  return isTeaser(element, own) || ASIDE_HEADING.test(text) || isDateLine(text);
}

/** A picture with its caption: only the picture is part of the text. */
function isCaptioned({ name, attribs }: Element, { images, hasBody, length }: Measure): boolean {
  if (images.length === 0 || hasBody) return false;
  return (
    name === 'figure' || (/(?:^|[-_\s])caption(?:$|[-_\s])/i.test(attribs.class ?? '') && length < MAX_LINE_LENGTH)
  );
}

/**
 * The nodes of a found text without what sites put between its paragraphs: teasers, lists of other stories, captions,
 * share buttons, pleas to subscribe, bare dates. By structure and by the names that authors of templates everywhere give
 * to such parts, never by site; and never more than a third of the text for its name.
 */
export function withoutAsides(nodes: readonly AnyNode[]): AnyNode[] {
  const measures: Measures = new Map();
  const total = measure(nodes, false, measures).length;
  const removed: AnyNode[] = [];
  const visit = (node: AnyNode): void => {
    if (!isElement(node)) return;
    const own = measures.get(node)!;
    if (isCaptioned(node, own)) {
      node.children = own.images;
      for (const image of own.images) image.parent = node;
    } else if (own.length > 0 && isAside(node, own, own.length / total)) removed.push(node);
    else for (const child of node.children) visit(child);
  };
  for (const node of nodes) visit(node);
  removeAll(removed);
  const gone = new Set(removed);
  return nodes.filter((node) => !gone.has(node));
}
