import type { SampleSource } from '../sources.ts';
import { brazilianDay } from './dates.ts';
import { escapeHtml } from './html.ts';
import { entryTitle, type ListingEntry, listedHref, tagLinks } from './listing-entry.ts';

/** `ul.noticias > li`: category above the title, the day before the description. */
export function newsList(source: SampleSource, entries: readonly ListingEntry[]): string {
  return `<ul class="noticias listagem-noticias-com-foto">
${entries.map((entry) => item(source, entry)).join('\n')}
</ul>`;
}

function item(source: SampleSource, entry: ListingEntry): string {
  const href = escapeHtml(listedHref(source, entry));
  const headline = `<h2 class="titulo">
        <a href="${href}">${escapeHtml(entryTitle(entry))}</a>
      </h2>`;
  if (entry.kind !== 'article') {
    return `  <li class="sem-foto contenttype-${entry.kind}">
    <div class="conteudo">
      ${headline}
    </div>
  </li>`;
  }
  const { article } = entry;
  const day = source.listingDate === 'none' ? '' : `<span class="data">${brazilianDay(article.publishedAt)}</span> - `;
  return `  <li>
    <div class="imagem"><a href="${href}"><img src="${article.url}/@@images/mini" alt="" /></a></div>
    <div class="conteudo">
      <div class="subtitulo-noticia">
        ${escapeHtml(article.category ?? '')}
      </div>
      ${headline}
      <span class="descricao">
        ${day}${escapeHtml(article.subtitle ?? '')}
      </span>
      <div class="subject-noticia">
              ${tagLinks(source, article.tags, article.variant)}
      </div>
    </div>
  </li>`;
}
