import { setTimeout } from 'node:timers/promises';
import { storeArticle } from '../../../functions/scrape/store.ts';
import type { ScrapedArticle } from '../../../shared/article.ts';
import { canonicalUrl } from '../../../shared/identity.ts';
import type { OutboxDeps } from '../../../shared/outbox.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { plainText } from '../../stand-ins/sites/article.ts';
import { generateArticles } from '../../stand-ins/sites/generator.ts';

const concurrency = 16;

/** Stores generated articles as `scrape` does, so many a second, or as fast as they are taken. */
export async function feed(
  count: number,
  { rate, seed = 1 }: { rate: number | null; seed?: number },
  deps: OutboxDeps,
) {
  const articles = generateArticles({ seed, articles: count, now: new Date(), days: 14 });
  const context = contextFrom();
  const startedAt = performance.now();
  const queue = articles.entries();
  const worker = async () => {
    for (const [index, article] of queue) {
      const dueMs = rate === null ? 0 : (index / rate) * 1000 - (performance.now() - startedAt);
      if (dueMs > 0) await setTimeout(dueMs);
      const scraped: ScrapedArticle = {
        ...article,
        canonicalUrl: canonicalUrl(article.url)!,
        editorialLead: article.lead,
        content: plainText(article),
        publishedAtSource: 'page',
        updatedDatetime: null,
        extractedAt: new Date(),
      };
      await storeArticle(scraped, context, deps);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return articles.length;
}
