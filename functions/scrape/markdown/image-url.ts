import { absoluteUrl, type Element } from '../html.ts';

/** Where lazy loaders keep the real address, which wins over a placeholder in `src`. */
const SOURCE_ATTRIBUTES = ['data-echo', 'data-src', 'data-original', 'data-lazy-src', 'src'];
/** Several addresses with the widths they are for. */
const SET_ATTRIBUTES = ['data-srcset', 'srcset'];

/** Placeholders, tracking pixels of EBC, the smallest scales of Plone. */
const NO_CONTENT =
  /\/loading_v2\.gif(?:[?#]|$)|\/ebc\.(?:png|gif)\?id=|\/(?:spacer|pixel|blank|transparent|clear|1x1)\.(?:gif|png)(?:[?#]|$)|\/@@images\/[^/]+\/(?:icon|listing)$|\/image_(?:icon|listing)$/i;

const PIXEL_SIZE = 2;
const ICON_SIZE = 32;

function sizeOf({ attribs }: Element, name: 'width' | 'height'): number {
  const styled = new RegExp(`(?:^|[;\\s])${name}\\s*:\\s*(\\d+)px`, 'i').exec(attribs.style ?? '');
  const value = styled ?? /^\s*(\d+)(?:px)?\s*$/.exec(attribs[name] ?? '');
  return value ? Number(value[1]) : Number.POSITIVE_INFINITY;
}

/** Neither side of an icon is long; one short side is enough for a pixel or a line. */
function isDecoration(element: Element): boolean {
  const sizes = [sizeOf(element, 'width'), sizeOf(element, 'height')];
  return Math.min(...sizes) <= PIXEL_SIZE || Math.max(...sizes) <= ICON_SIZE;
}

/** The address for the widest screen. */
function largestOf(set: string): string | undefined {
  const candidates = Array.from(set.slice(0, 10_000).matchAll(/([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)/g));
  return candidates.toSorted((a, b) => Number(b[2] ?? 1) - Number(a[2] ?? 1))[0]?.[1];
}

/** The absolute address of a picture, or null when the element shows none: a placeholder, a pixel, an icon, inline data. */
export function imageUrl(element: Element, baseUrl: string): string | null {
  if (isDecoration(element)) return null;
  const { attribs } = element;
  const addresses = [
    ...SOURCE_ATTRIBUTES.map((name) => attribs[name]),
    ...SET_ATTRIBUTES.map((name) => attribs[name] && largestOf(attribs[name])),
  ];
  for (const address of addresses) {
    const url = address?.trim() ? absoluteUrl(address, baseUrl) : null;
    if (url?.startsWith('http') && !NO_CONTENT.test(url)) return url;
  }
  return null;
}
