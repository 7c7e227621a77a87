import { posix } from 'node:path';
import type { SampleArticle } from '../article.ts';
import type { SampleSource } from '../sources.ts';
import { escapeHtml } from './html.ts';
import { portalRoot } from './portal.ts';

/** What stands in a listing: news, and between them files and links that are none. */
export type ListingEntry =
  | { kind: 'article'; article: SampleArticle }
  | { kind: 'file' | 'link'; title: string; url: string };

/** The address as this site's listing prints it: absolute, with `/view`, or relative in one of two ways. */
export function listedHref(source: SampleSource, entry: ListingEntry): string {
  if (entry.kind !== 'article') return entry.url;
  const { url, variant } = entry.article;
  switch (variant % 6) {
    case 0:
      return `${url}/view`;
    case 1:
      return new URL(url).pathname;
    case 2:
      // Relative to the base of the page, which is the listing as a folder.
      return posix.relative(new URL(source.listingUrl).pathname, new URL(url).pathname);
    default:
      return url;
  }
}

/** Content type as Plone prints it in the class or the title of a listed link. */
export function contentType(entry: ListingEntry): 'collective.nitf.content' | 'File' | 'Link' {
  if (entry.kind === 'file') return 'File';
  return entry.kind === 'link' ? 'Link' : 'collective.nitf.content';
}

export function entryTitle(entry: ListingEntry): string {
  return entry.kind === 'article' ? entry.article.title : entry.title;
}

/** Tag links with the flaws of the real ones: blanks around a tag, and a link without one at the end. */
export function tagLinks(source: SampleSource, tags: readonly string[], variant: number, href = subjectHref): string {
  const texts = tags.map((tag, index) => ((variant + index) % 3 === 0 ? ` ${tag} ` : tag));
  if (variant % 2 === 0) texts.push('');
  return texts
    .map(
      (tag) =>
        `<span><a href="${href(source, tag)}" class="link-category" rel="nofollow tag">${escapeHtml(tag)}</a></span>`,
    )
    .join(',\n              ');
}

function subjectHref(source: SampleSource, tag: string): string {
  return `${portalRoot(source)}/pt-br/@@busca?Subject:list=${encodeURIComponent(tag)}`;
}

export function keywordHref(source: SampleSource, tag: string): string {
  return `${portalRoot(source)}/pt-br/search?origem=keyword&amp;SearchableText=${encodeURIComponent(tag)}`;
}
