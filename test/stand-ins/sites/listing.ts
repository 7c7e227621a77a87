import type { SampleArticle } from './article.ts';
import type { ListingEntry } from './layouts/listing-entry.ts';
import { portalRoot } from './layouts/portal.ts';
import { isClassic, type SampleSource } from './sources.ts';

/**
 * Everything a source lists, in the order it lists it: pinned old items first, then the newest, some of them out of
 * order, with files and links (events on Volto) between the news.
 */
export function listingEntries(
  source: SampleSource,
  articles: readonly SampleArticle[],
  pinned: readonly SampleArticle[],
): ListingEntry[] {
  // Volto sorts in the catalogue, where an unset date is the oldest of all.
  const rank = (article: SampleArticle) => (article.undated ? 0 : article.publishedAt.getTime());
  const newestFirst = articles.toSorted((a, b) => rank(b) - rank(a) || (a.url < b.url ? -1 : 1));
  const ordered = source.layout === 'volto' ? newestFirst : displace(newestFirst);
  const entries = [...pinned, ...ordered].map((article): ListingEntry => ({ kind: 'article', article }));
  return isClassic(source.layout) || source.layout === 'volto' ? withOtherItems(source, entries) : entries;
}

/** Moves every eleventh item six places down: an editor corrected its date after the listing was sorted. */
function displace(articles: readonly SampleArticle[]): SampleArticle[] {
  const moved = [...articles];
  for (let index = 4; index + 6 < moved.length; index += 11) {
    moved.splice(index + 6, 0, ...moved.splice(index, 1));
  }
  return moved;
}

/** After every seventh item one that is no news, files and links (or events) in turn. */
function withOtherItems(source: SampleSource, entries: readonly ListingEntry[]): ListingEntry[] {
  return entries.flatMap((entry, index) => {
    if (index % 7 !== 3) return [entry];
    const number = Math.floor(index / 7) + 1;
    const other: ListingEntry =
      number % 2 === 1
        ? { kind: 'file', title: `Anexo ${number} (PDF)`, url: `${source.listingUrl}/anexo-${number}.pdf/view` }
        : { kind: 'link', title: `Transmissão ao vivo ${number}`, url: linkUrl(source, number) };
    return [entry, other];
  });
}

function linkUrl(source: SampleSource, number: number): string {
  return source.layout === 'volto'
    ? `${portalRoot(source)}/pt-br/eventos/evento-${number}`
    : `https://www.youtube.com/watch?v=transmissao-${number}`;
}
