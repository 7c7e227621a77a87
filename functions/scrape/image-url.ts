import { absoluteUrl, type Element } from './html.ts';

/** Where lazy loaders keep the real address, which wins over a placeholder in `src`. */
const SOURCE_ATTRIBUTES = ['data-echo', 'data-src', 'data-original', 'data-lazy-src', 'src'];

/** Placeholders and tracking pixels of EBC. */
const NO_CONTENT = /\/loading_v2\.gif(?:[?#]|$)|\/ebc\.(?:png|gif)\?id=/;

function isPixel({ attribs }: Element): boolean {
  const sizes = [attribs.width, attribs.height, /(?:^|[;\s])width\s*:\s*(\d+px)/i.exec(attribs.style ?? '')?.[1]];
  return sizes.some((size) => size !== undefined && /^\s*[0-2](?:px)?\s*$/.test(size));
}

/** The absolute address of a picture, or null when the element shows none: a placeholder, a pixel, inline data. */
export function imageUrl(element: Element, baseUrl: string): string | null {
  if (isPixel(element)) return null;
  for (const name of SOURCE_ATTRIBUTES) {
    const value = element.attribs[name]?.trim();
    const url = value ? absoluteUrl(value, baseUrl) : null;
    if (url?.startsWith('http') && !NO_CONTENT.test(url)) return url;
  }
  return null;
}
