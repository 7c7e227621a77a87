import type { SampleSource } from '../sources.ts';
import { entriesList } from './entries.ts';
import { itemsList } from './items.ts';
import type { ListingEntry } from './listing-entry.ts';
import { newsList } from './news-list.ts';
import { type PageWeight, ploneDocument } from './portal.ts';
import { tilesList } from './tiles.ts';

export interface ListingPage {
  source: SampleSource;
  /** The entries of this page only. */
  entries: readonly ListingEntry[];
  offset: number;
  total: number;
  weight: PageWeight;
}

export type ListLayout = (source: SampleSource, entries: readonly ListingEntry[]) => string;

const LAYOUTS: Record<string, ListLayout> = {
  tiles: tilesList,
  'news-list': newsList,
  entries: entriesList,
  items: itemsList,
};

/** A page of `?b_start:int=<offset>`. */
export function classicListing({ source, entries, offset, total, weight }: ListingPage): string {
  const layout = LAYOUTS[source.layout];
  if (!layout) throw new Error(`${source.layout} is not a classic layout`);
  const list =
    entries.length > 0 ? layout(source, entries) : '<p class="discreet">Atualmente não existem itens nessa pasta.</p>';
  return ploneDocument({
    source,
    weight,
    title: 'Notícias',
    base: `${source.listingUrl}/`,
    bodyClass: 'portaltype-collection template-summary_view section-noticias',
    head: `  <link rel="canonical" href="${source.listingUrl}" />`,
    main: `<div id="wrapper"><div id="main"><main id="main-content">
<div id="content">
  <h1 class="documentFirstHeading">Notícias</h1>
  <div id="content-core">
${list}
${pagination(source, offset, total)}
  </div>
</div>
</main></div></div>`,
  });
}

function pagination(source: SampleSource, offset: number, total: number): string {
  const link = (start: number, label: string, className: string) =>
    `<li><a class="${className}" href="${source.listingUrl}?b_start:int=${start}">${label}</a></li>`;
  const pages = Array.from({ length: Math.ceil(total / source.pageSize) }, (_, page) => page * source.pageSize);
  const near = pages.filter((start) => Math.abs(start - offset) <= 3 * source.pageSize);
  const links = near.map((start) =>
    start === offset
      ? `<li><span>${start / source.pageSize + 1}</span></li>`
      : link(start, String(start / source.pageSize + 1), ''),
  );
  if (offset + source.pageSize < total) links.push(link(offset + source.pageSize, 'Próximo »', 'proximo'));
  return `<ul class="paginacao listingBar">${links.join('\n')}</ul>`;
}
