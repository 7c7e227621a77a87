import { saoPauloDay, saoPauloIso } from '../../../../shared/time.ts';
import type { SampleSource } from '../sources.ts';
import { brazilianDay, hourTime } from './dates.ts';
import { escapeHtml } from './html.ts';
import { contentType, entryTitle, type ListingEntry, listedHref } from './listing-entry.ts';

/** `div.entries > article.entry`: the plainest of the views, with a `time` element and without tags. */
export function entriesList(source: SampleSource, entries: readonly ListingEntry[]): string {
  return `<div class="entries">
${entries.map((entry) => item(source, entry)).join('\n')}
</div>`;
}

function item(source: SampleSource, entry: ListingEntry): string {
  const type = contentType(entry);
  const className = `contenttype-${type.toLowerCase().replaceAll('.', '-')} state-published url`;
  const description = entry.kind === 'article' ? (entry.article.subtitle ?? '') : '';
  return `  <article class="entry">
    <header>
      <span class="summary" title="${type}">
        <a href="${escapeHtml(listedHref(source, entry))}" class="${className}">${escapeHtml(entryTitle(entry))}</a>
      </span>
      <div class="documentByLine">${entry.kind === 'article' ? time(source, entry.article.publishedAt) : ''}</div>
    </header>
    <p class="description discreet">${escapeHtml(description)}</p>
  </article>`;
}

function time(source: SampleSource, publishedAt: Date): string {
  const day = brazilianDay(publishedAt);
  switch (source.listingDate) {
    case 'minute':
      return `publicado <time datetime="${saoPauloIso(publishedAt)}">${day} ${hourTime(publishedAt)}</time>`;
    case 'day':
      return `publicado <time datetime="${saoPauloDay(publishedAt)}">${day}</time>`;
    case 'none':
      return '';
  }
}
