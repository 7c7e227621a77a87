import type { SampleSource } from '../sources.ts';
import { brazilianDay, hourTime } from './dates.ts';
import { escapeHtml } from './html.ts';
import { contentType, entryTitle, type ListingEntry, listedHref, tagLinks } from './listing-entry.ts';

/** `article.tileItem`: category, title, description, keywords, and a by-line of icons with day and hour. */
export function tilesList(source: SampleSource, entries: readonly ListingEntry[]): string {
  return entries.map((entry) => tile(source, entry)).join('\n');
}

function tile(source: SampleSource, entry: ListingEntry): string {
  const href = escapeHtml(listedHref(source, entry));
  const type = contentType(entry);
  const headline = `<h2 class="tileHeadline">
            <a class="summary url" href="${href}" title="${type}">${escapeHtml(entryTitle(entry))}</a>
          </h2>`;
  if (entry.kind !== 'article') {
    return `<article class="tileItem visualIEFloatFix tile-${entry.kind}">
        <div class="tileContent">
          ${headline}
        </div>
        <span class="documentByLine"><span class="summary-view-icon"><i class="icon-page"></i> ${type}</span></span>
      </article>`;
  }
  const { article } = entry;
  return `<article class="tileItem visualIEFloatFix tile-collective-nitf-content">
        <div class="tileContent">
          <div class="tileImage"><a href="${href}"><img src="${article.url}/@@images/thumb" alt="" class="tileImage" /></a></div>
          <span class="subtitle">${escapeHtml(article.category ?? '')}</span>
          ${headline}
          <p class="tileBody"><span class="description">${escapeHtml(article.subtitle ?? '')}</span></p>
          <div class="keywords">
              tags:
              ${tagLinks(source, article.tags, article.variant)}
          </div>
        </div>
        ${byLine(source, article.publishedAt)}
      </article>`;
}

function byLine(source: SampleSource, publishedAt: Date): string {
  const icon = (name: string, text: string) =>
    `<span class="summary-view-icon">
                        <i class="icon-${name}"></i>
                        ${text}
                    </span>`;
  const icons = [icon('news', 'Notícias')];
  if (source.listingDate === 'minute') icons.unshift(icon('hour', hourTime(publishedAt)));
  if (source.listingDate !== 'none') {
    icons.unshift('<span class="hiddenStructure">publicado</span>', icon('day', brazilianDay(publishedAt)));
  }
  return `<span class="documentByLine">
                    ${icons.join('\n                    ')}
                <div class="visualClear"><!-- --></div>
        </span>`;
}
