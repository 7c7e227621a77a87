import type { CheerioAPI } from 'cheerio/slim';
import { collapse } from '../../html.ts';
import { isRecord, type JsonRecord, stringOf } from '../json.ts';

/** Structured data of a page may be large; no article needs more. */
const MAX_SCRIPTS = 20;
const MAX_META = 500;
const ARTICLE_TYPE = /(?:Article|BlogPosting|Report|SocialMediaPosting)$/;

/** What a page says of itself to machines. */
export interface Metadata {
  /** Contents of `<meta>` by lower-case name, property or itemprop, in the order of the page, none empty. */
  meta(name: string): string[];
  /** The JSON-LD object of the article; empty when there is none. */
  article: JsonRecord;
}

function metaOf($: CheerioAPI): Map<string, string[]> {
  const contents = new Map<string, string[]>();
  for (const { attribs } of $('meta[content]').slice(0, MAX_META)) {
    const content = collapse(attribs.content ?? '').trim();
    if (content === '') continue;
    for (const name of new Set([attribs.property, attribs.name, attribs.itemprop])) {
      const key = name?.trim().toLowerCase();
      if (key) contents.set(key, [...(contents.get(key) ?? []), content]);
    }
  }
  return contents;
}

function articleOf($: CheerioAPI): JsonRecord {
  for (const script of $('script[type="application/ld+json"]').slice(0, MAX_SCRIPTS)) {
    let value: unknown;
    try {
      value = JSON.parse($(script).text());
    } catch {
      // Invalid data is as good as none; the page itself still says what it holds.
      continue;
    }
    const objects = [value].flat().filter(isRecord);
    const graphs = objects.flatMap((object) => [object['@graph']].flat()).filter(isRecord);
    const entities = objects.flatMap((object) => [object.mainEntity]).filter(isRecord);
    const article = [...objects, ...graphs, ...entities].find((object) =>
      [object['@type']].flat().some((type) => ARTICLE_TYPE.test(stringOf(type))),
    );
    if (article) return article;
  }
  return {};
}

export function metadataOf($: CheerioAPI): Metadata {
  const contents = metaOf($);
  return { meta: (name) => contents.get(name) ?? [], article: articleOf($) };
}
