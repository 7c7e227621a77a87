import assert from 'node:assert/strict';
import { type CheerioAPI, load } from 'cheerio';
import { plainText, type SampleArticle } from './article.ts';
import { generateArticles, generateBroken, generatePinned } from './generator.ts';
import { createSite } from './site.ts';
import type { SampleSource } from './sources.ts';

const options = { seed: 3, articles: 600, now: new Date('2026-03-02T12:00:00-03:00'), days: 14, broken: 9 };

/** What the site of these tests serves. */
export const content = {
  articles: generateArticles(options),
  broken: generateBroken(options),
  pinned: generatePinned(options),
  weight: 'light' as const,
};

export const answer = createSite(content);

export function html(url: string): CheerioAPI {
  const { status, body } = answer(new URL(url));
  assert.equal(status, 200, url);
  return load(body);
}

export function json(url: string): Record<string, unknown> {
  const { status, body } = answer(new URL(url));
  assert.equal(status, 200, url);
  return JSON.parse(body);
}

export function listed(source: SampleSource): SampleArticle[] {
  const { articles, broken, pinned } = content;
  return [...articles, ...broken, ...pinned].filter((article) => article.agencyKey === source.agencyKey);
}

export const isSorted = (times: number[]) => times.every((time, index) => index === 0 || times[index - 1]! >= time);

/** Text with its blocks apart, blanks collapsed: inline tags must not part or glue words. */
export function words(markup: string): string {
  return load(markup.replace(/<\/(p|li|th|td|tr|h\d)>/g, ' $&'))
    .text()
    .replace(/\s+/g, ' ')
    .trim();
}

export function assertInOrder(text: string, article: SampleArticle): void {
  let from = 0;
  for (const line of plainText(article).split('\n')) {
    const at = text.indexOf(line, from);
    assert.notEqual(at, -1, `${article.url} lacks "${line}"`);
    from = at + line.length;
  }
}
