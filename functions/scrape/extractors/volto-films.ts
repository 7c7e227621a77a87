import type { CheerioAPI } from 'cheerio/slim';
import { type Element, escapeHtml, isElement, webUrl } from '../html.ts';
import { playerLink } from '../markdown/player-links.ts';
import { isRecord, type JsonRecord, stringOf } from './json.ts';
import { publicUrl } from './volto-pictures.ts';

const FILM = /\.mp4(?:\/@@download\/file(?:\/[^/?#]*)?)?(?:[?#]|$)/i;

/** Beyond these a film is as good as none. */
const MAX_LINKS = 500;

/** A film or sound wherever the block keeps its address: a file, or the player of another site. */
export function playerBlock(block: JsonRecord): string {
  const addresses = [block.url, block.src, block.href, block.video, block.file]
    .map((field) => [field].flat()[0])
    .map((field) => (isRecord(field) ? stringOf(field['@id']) || stringOf(field.download) : stringOf(field)));
  const film = addresses.find((address) => FILM.test(address));
  if (film !== undefined) return `<video src="${escapeHtml(publicUrl(film))}"></video>`;
  // Only players have absolute addresses.
  const player = addresses.find((address) => playerLink(address, address) !== null);
  return player === undefined ? '' : `<iframe src="${escapeHtml(player)}"></iframe>`;
}

/** Where a player of any kind says that its film is, itself or in what stands directly within it. */
function addressesOf({ attribs, children }: Element): string[] {
  const inner = children.filter(isElement).filter(({ name }) => /^(?:source|param|embed)$/.test(name));
  const own = [attribs.src, attribs['data-src'], attribs.data];
  return [...own, ...inner.flatMap((child) => [child.attribs.src, child.attribs.value])].filter(
    (address) => address !== undefined,
  );
}

/** The first film that is a file. Others become links, and players of other forms the one form that is read. */
export function takeFilms(parts: readonly CheerioAPI[], url: string): string | null {
  let first: string | null = null;
  let links = 0;
  for (const $ of parts) {
    for (const element of $<Element, string>('video, object, embed, iframe')) {
      const addresses = addressesOf(element);
      const address = addresses.find((text) => FILM.test(text));
      const film = address === undefined ? null : webUrl(address, url);
      const player = addresses.find((text) => playerLink(text, url) !== null);
      if (film !== null) {
        first ??= film;
        if (first !== film && links < MAX_LINKS) {
          links += 1;
          replaceByLink($, element, film);
        }
      } else if (player !== undefined) {
        element.name = 'iframe';
        element.attribs = { src: player };
        element.children = [];
      }
    }
  }
  return first;
}

function replaceByLink($: CheerioAPI, element: Element, film: string): void {
  element.name = 'p';
  element.attribs = {};
  $(element).html(`<a href="${escapeHtml(film)}">Vídeo</a>`);
}
