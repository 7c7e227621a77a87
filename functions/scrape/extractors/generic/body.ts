import { Readability } from '@mozilla/readability';
import type { CheerioAPI } from 'cheerio/slim';
import { parseHTML } from 'linkedom';
import { type AnyNode, ancestorOf, type Element, escapeHtml, parseHtml } from '../../html.ts';
import { framedPlayer } from '../../markdown/player-links.ts';
import { withoutAsides } from './clean.ts';
import { isBesideContent, preparedHtml } from './prepare.ts';

/** Only known players are left on the prepared page. */
const ANY_PLAYER = /./;

/** A longer one is no title, and every heading of the page is compared with it. */
const MAX_TITLE_LENGTH = 300;

/**
 * The part of a page that is its article, wherever it stands; empty when nothing reads like one.
 *
 * @throws {PageLimitError} for pages that would take over a second.
 */
export function articleBody($: CheerioAPI, { url, title }: { url: string; title: string }): AnyNode[] {
  const html = preparedHtml($, { url, title: title.slice(0, MAX_TITLE_LENGTH) });
  const { document } = parseHTML(html);
  const found = new Readability(document, {
    disableJSONLD: true,
    keepClasses: true,
    allowedVideoRegex: ANY_PLAYER,
  }).parse();
  return found?.content ? withoutAsides(parseHtml(found.content, url).root().contents().toArray()) : [];
}

/** The same from a text without markup, as structured data carry it: a line is a paragraph. */
export function plainBody(text: string, url: string): AnyNode[] {
  const lines = text.split(/[\r\n]+/).map((line) => `<p>${escapeHtml(line)}</p>`);
  return parseHtml(lines.join(''), url).root().contents().toArray();
}

/** The players of a page whose article is nothing else. */
export function playersOf($: CheerioAPI, baseUrl: string): Element[] {
  return $<Element, string>('iframe')
    .toArray()
    .filter((frame) => framedPlayer(frame, baseUrl) && !ancestorOf(frame, isBesideContent));
}
