import type { SampleSource } from '../sources.ts';
import { escapeHtml } from './html.ts';
import { contentType, entryTitle, type ListingEntry, listedHref } from './listing-entry.ts';

/** `#content-core div.item`: a title and a description, nothing else; headings of the same look hold no link. */
export function itemsList(source: SampleSource, entries: readonly ListingEntry[]): string {
  const items = entries.map((entry) => {
    const description = entry.kind === 'article' ? (entry.article.subtitle ?? '') : '';
    return `    <div class="item visualIEFloatFix">
      <a class="summary" href="${escapeHtml(listedHref(source, entry))}" title="${contentType(entry)}">
        ${escapeHtml(entryTitle(entry))}
      </a>
      <div class="description">${escapeHtml(description)}</div>
    </div>`;
  });
  return ['    <div class="item item-heading"><span>Mais recentes</span></div>', ...items].join('\n');
}
