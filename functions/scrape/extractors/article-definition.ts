import { type ParsedDate, parseBrazilianDate } from '../../../shared/time.ts';
import { ExtractionError } from '../errors.ts';
import { ancestorOf, type Element, isElement, parseHtml, removeAll, resolveBase, textOf, webUrl } from '../html.ts';
import { isDateLine } from '../markdown/clean-markdown.ts';
import type { Page } from '../page.ts';
import type { ExtractedArticle, Published } from './extractor.ts';
import {
  categoryOf,
  contentOf,
  dateOf,
  firstImage,
  firstOf,
  firstText,
  isFilled,
  tagsOf,
  unlessUnset,
} from './fields.ts';
import { JSON_LD, newsArticleDatesIn } from './json-ld.ts';
import { type Selection, selectorSet } from './select.ts';

/** CSS selectors in order of preference: the first that yields something is taken. */
export type Selectors = readonly string[];

/** Where a date stands: in the page's JSON-LD, in elements, or in a line "Publicado em …" somewhere within one. */
export type DateRoute = 'json-ld' | { of: string } | { lineWithin: string };

/** The second link of a trail, home pages not counted, or the `content` of a `<meta>`. */
export type CategoryRoute = { trail: string; home: string } | { meta: string };

/** Where the fields of an article are on the pages of one site engine. */
export interface ArticleDefinition {
  title: Selectors;
  editorialLead?: Selectors;
  /** What matches within `notWithin` is small print of the text. */
  subtitle?: { of: Selectors; notWithin?: string };
  /** The text: the first element that holds something, or every element without those that begin as `unless` says. */
  body: { firstOf: Selectors } | { allOf: string; unless: RegExp };
  /** What stands in the body and is a field of its own, or none. */
  removed?: string;
  published: readonly DateRoute[];
  modified?: readonly DateRoute[];
  category?: readonly CategoryRoute[];
  tags: Selectors;
  /** In the first of these places that has a picture, its first; where it has several forms, in order of preference. */
  image: { within: Selectors; of: Selectors };
  /** An element whose `src` is the film. */
  video?: Selectors;
}

const BASE = 'base[href]';
const IMAGE_PLACES = 20;
const DATE_LABELS = 20;

/** What reads an article of pages that are as defined; throws an ExtractionError when the title or the text is missing. */
export function articleReader(definition: ArticleDefinition): (page: Page, url: string) => ExtractedArticle {
  const selectIn = selectorSet([BASE, JSON_LD, ...selectorsOf(definition)]);
  return (page, url) => {
    const select = selectIn(parseHtml(page.body, page.url));
    const baseUrl = resolveBase(select(BASE)[0]?.attribs.href, page.url);
    const text = (selectors: Selectors = []) => firstOf(selectors, (selector) => firstText(select(selector)));
    const title = text(definition.title);
    if (title === null) throw new ExtractionError(url, 'title');
    const known = { title, subtitle: subtitleOf(definition, select), editorialLead: text(definition.editorialLead) };
    const jsonLd = newsArticleDatesIn(select(JSON_LD));
    const tags = definition.tags.map((selector) => tagsOf(select(selector))).find((texts) => texts.length > 0);
    const videoUrl = firstOf(definition.video ?? [], (selector) => webUrl(select(selector)[0]?.attribs.src, baseUrl));
    const fields = {
      imageUrl: imageOf(definition.image, select, baseUrl),
      videoUrl,
      category: firstOf(definition.category ?? [], (route) => categoryBy(route, select)),
      tags: tags ?? [],
      published: firstOf(definition.published, (route) => publishedBy(route, select, jsonLd.published)),
      updated:
        firstOf(definition.modified ?? [], (route) => publishedBy(route, select, jsonLd.modified))?.instant ?? null,
    };
    // Not before, for it takes from the page what fields are read from.
    if (definition.removed) removeAll(select(definition.removed));
    const body = bodyOf(definition.body, select, baseUrl);
    return { ...known, ...fields, content: contentOf(body, { url, baseUrl, known, hasVideo: videoUrl !== null }) };
  };
}

/** All texts of a definition but its patterns are selectors. */
function selectorsOf(value: unknown): string[] {
  if (typeof value === 'string') return value === 'json-ld' ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(selectorsOf) : [];
}

/** Those that stand in none of the others. */
function outermost(elements: readonly Element[]): Element[] {
  const all = new Set(elements);
  return elements.filter((element) => !ancestorOf(element, (ancestor) => all.has(ancestor)));
}

function subtitleOf({ subtitle }: ArticleDefinition, select: Selection): string | null {
  if (!subtitle) return null;
  const outside = new Set(subtitle.notWithin ? select(subtitle.notWithin) : []);
  return firstOf(subtitle.of, (selector) =>
    firstText(select(selector).filter((element) => !ancestorOf(element, (ancestor) => outside.has(ancestor)))),
  );
}

function bodyOf(body: ArticleDefinition['body'], select: Selection, baseUrl: string): Element[] {
  if ('allOf' in body) return outermost(select(body.allOf)).filter((element) => !body.unless.test(textOf([element])));
  const empty = new Set<Element>();
  for (const selector of body.firstOf) {
    for (const element of select(selector)) {
      // Looked through already, as a part of another.
      if (ancestorOf(element, (ancestor) => empty.has(ancestor))) continue;
      if (isFilled(element, baseUrl)) return [element];
      empty.add(element);
    }
  }
  return [];
}

function imageOf({ within, of }: ArticleDefinition['image'], select: Selection, baseUrl: string): string | null {
  return firstOf(within, (selector) => {
    const places = new Map(
      outermost(select(selector))
        .slice(0, IMAGE_PLACES)
        .map((place) => [place, of.map((): Element[] => [])]),
    );
    for (const [form, images] of of.map(select).entries()) {
      for (const image of images) {
        const place = ancestorOf(image, (ancestor) => places.has(ancestor));
        if (place) places.get(place)![form]!.push(image);
      }
    }
    return firstOf([...places.values()].flat(), (images) => firstImage(images, baseUrl));
  });
}

function categoryBy(route: CategoryRoute, select: Selection): string | null {
  if ('meta' in route) return categoryOf(select(route.meta)[0]?.attribs.content);
  const home = new Set(select(route.home));
  const crumbs = select(route.trail)
    .filter((crumb) => !home.has(crumb) && !ancestorOf(crumb, (ancestor) => home.has(ancestor)))
    .filter((crumb) => !/^(?:Página inicial|Início|Home)$/i.test(textOf([crumb])));
  return categoryOf(crumbs[1] && textOf([crumbs[1]]));
}

function publishedBy(route: DateRoute, select: Selection, jsonLd: Date | null): Published | null {
  if (route === 'json-ld') return jsonLd && { instant: jsonLd, source: 'json-ld' };
  const date = 'of' in route ? dateOf(select(route.of)) : dateInLine(outermost(select(route.lineWithin)));
  return date && { instant: date.instant, source: 'page' };
}

/** A line of its own that begins with "Publicado em", its label and its date in one element or in two. */
function dateInLine(places: readonly Element[]): ParsedDate | null {
  const labels = new Set<Element>();
  for (const { children } of places) collectLabels(children, labels);
  for (const label of labels) {
    for (const element of [label, label.parent]) {
      const [line = ''] = element ? textOf([element]).split(/ (?:por|[|(–—])(?: |$)/i) : [];
      const date = /^Publicad/i.test(line) && isDateLine(line) ? unlessUnset(parseBrazilianDate(line)) : null;
      if (date) return date;
    }
  }
  return null;
}

function collectLabels(nodes: Element['children'], labels: Set<Element>): void {
  for (const node of nodes) {
    if (labels.size >= DATE_LABELS) return;
    if (!isElement(node)) continue;
    if (node.children.some((child) => child.type === 'text' && /^\s*Publicad[oa]\b/i.test(child.data)))
      labels.add(node);
    collectLabels(node.children, labels);
  }
}
