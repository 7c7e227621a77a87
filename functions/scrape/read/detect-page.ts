import { type Platform, platformOfHost } from '../../../shared/platform.ts';
import { type Selection, selectorSet } from '../extractors/select.ts';
import { parseHtml } from '../html.ts';
import type { Page } from '../page.ts';

/** The engine that made a page, and what on the page says so. */
export interface PageDetection {
  platform: Platform;
  /** For people, strongest first; empty when there is none. */
  signs: string[];
}

const GENERATOR = 'meta[name="generator"]';
/** Each as a selector that only one of the two has. The first of the classic ones is the frame of every page. */
const CLASSIC = [
  '#content-core',
  '#parent-fieldname-text',
  'article.tileItem',
  'ul.noticias h2.titulo',
  'ul.listagem-noticias-com-foto h2.titulo',
  'div.entries > article.entry',
  '.documentByLine',
  '.documentPublished',
];
const VOLTO = ['#main div.block', '#page-document'];
/** Both have it. */
const PLONE = 'h1.documentFirstHeading';
/** The state that Volto's server hands to its scripts. */
const VOLTO_STATE = /\bwindow\.__data\s*=/;

const selectIn = selectorSet([GENERATOR, PLONE, ...CLASSIC, ...VOLTO]);

/** Whether an answer is JSON by what it holds: a saved one has no content type. */
export function isJson({ body, contentType }: Page): boolean {
  return /^\s*[{[]/.test(body) || (/\bjson\b/i.test(contentType) && !/^\s*</.test(body));
}

/**
 * Finds out which engine made one page: by the host where a host has one engine, else by what stands on the page.
 *
 * @throws {PageLimitError} when the markup is beyond what is parsed.
 */
export function detectPage(page: Page): PageDetection {
  const host = URL.parse(page.url)?.hostname ?? '';
  const platform = platformOfHost(host);
  if (platform) return { platform, signs: [`host ${host}`] };
  if (isJson(page)) return { platform: 'volto', signs: ['JSON'] };
  return detectMarkup(selectIn(parseHtml(page.body, page.url)), VOLTO_STATE.test(page.body));
}

function detectMarkup(select: Selection, hasVoltoState: boolean): PageDetection {
  const present = (selector: string) => select(selector).length > 0;
  const generators = select(GENERATOR).map(({ attribs }) => attribs.content?.trim() ?? '');
  const named = (pattern: RegExp) =>
    generators.filter((name) => pattern.test(name)).map((name) => `generator "${name}"`);
  const frame = present(PLONE) ? [PLONE] : [];

  const plone6 = named(/^Plone 6\b/);
  const plone = named(/^Plone - /);
  const classic = CLASSIC.filter(present);
  const volto = [...(hasVoltoState ? ['window.__data'] : []), ...VOLTO.filter(present)];
  // Plone 6 can also be run with the classic pages.
  const isVolto = plone.length === 0 && (volto.length > 0 || (plone6.length > 0 && classic.length === 0));
  if (isVolto) return { platform: 'volto', signs: [...plone6, ...volto] };
  const signs = [...plone, ...plone6, ...classic, ...frame];
  return signs.length > 0 ? { platform: 'classic', signs } : { platform: 'generic', signs: [] };
}
