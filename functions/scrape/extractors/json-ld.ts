import type { CheerioAPI } from 'cheerio/slim';
import { parseIsoDate } from '../../../shared/time.ts';
import type { Element } from '../html.ts';
import { unlessUnset } from './fields.ts';

export interface NewsArticleDates {
  published: Date | null;
  modified: Date | null;
}

function isNewsArticle(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || !('@type' in value)) return false;
  return [value['@type']].flat().includes('NewsArticle');
}

/** The NewsArticle among what a script holds: one object, a list, or a graph. */
function findNewsArticle(value: unknown): Record<string, unknown> | undefined {
  const candidates = [value].flat();
  const graphs = candidates.flatMap((candidate) => (candidate as { '@graph'?: unknown } | null)?.['@graph']);
  return [...candidates, ...graphs].find(isNewsArticle);
}

/** Headlines with unescaped quotes break the JSON; the dates in it are still good. */
function findInBrokenJson(text: string): Record<string, unknown> | undefined {
  if (!/"@type"\s*:\s*\[?\s*"NewsArticle"/.test(text)) return undefined;
  const value = (name: string) => new RegExp(`"${name}"\\s*:\\s*"([^"]+)"`).exec(text)?.[1];
  return { datePublished: value('datePublished'), dateModified: value('dateModified') };
}

function instant(value: unknown): Date | null {
  return typeof value === 'string' ? (unlessUnset(parseIsoDate(value))?.instant ?? null) : null;
}

/** Where JSON-LD stands. */
export const JSON_LD = 'script[type="application/ld+json"]';

/** The dates of the page's JSON-LD `NewsArticle`, from invalid JSON too. */
export function newsArticleDates($: CheerioAPI): NewsArticleDates {
  return newsArticleDatesIn($<Element, string>(JSON_LD));
}

/** The same of scripts that are already found. */
export function newsArticleDatesIn(scripts: Iterable<Element>): NewsArticleDates {
  for (const { children } of scripts) {
    const text = children.map((child) => (child.type === 'text' ? child.data : '')).join('');
    if (!text.includes('NewsArticle')) continue;
    let article: Record<string, unknown> | undefined;
    try {
      article = findNewsArticle(JSON.parse(text));
    } catch {
      article = findInBrokenJson(text);
    }
    if (article) return { published: instant(article.datePublished), modified: instant(article.dateModified) };
  }
  return { published: null, modified: null };
}
