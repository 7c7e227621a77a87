import { setTimeout as sleep } from 'node:timers/promises';
import { storeArticle } from '../../functions/scrape/store.ts';
import { changeArticles } from '../../infra/local/articles.ts';
import type { ScrapedArticle } from '../../shared/article.ts';
import type { Database } from '../../shared/database.ts';
import { canonicalUrl } from '../../shared/identity.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { plainText } from '../stand-ins/sites/article.ts';
import { generateArticles } from '../stand-ins/sites/generator.ts';
import { createRandom } from '../stand-ins/sites/random.ts';

type Text = Omit<ScrapedArticle, 'extractedAt'>;

/** What happens to one article, in order, and when, in shares of the run. */
export interface Story {
  events: { at: number; what: 'store' | 'remove' | 'restore'; text: Text }[];
}

/** How an article must be at the end. */
export interface Expected {
  text: Text;
  isRemoved: boolean;
}

/** The same seed gives the same stories: four of ten are edited, up to five times, six of a hundred are removed. */
export function planStories(seed: number, count: number): Story[] {
  return generateArticles({ seed, articles: count, now: new Date('2026-11-20T15:00:00Z'), days: 14 }).map(
    (article, index): Story => {
      const random = createRandom(seed, 'story', index);
      let text: Text = {
        agencyKey: article.agencyKey,
        url: article.url,
        canonicalUrl: canonicalUrl(article.url)!,
        title: article.title,
        subtitle: article.subtitle,
        editorialLead: article.lead,
        content: plainText(article),
        imageUrl: article.imageUrl,
        videoUrl: article.videoUrl,
        category: article.category,
        tags: article.tags,
        publishedAt: article.publishedAt,
        publishedAtSource: 'page',
        updatedDatetime: null,
      };
      let at = random.integer(0, 900) / 1000;
      const events: Story['events'] = [{ at, what: 'store', text }];
      // Close to each other: older revisions are in flight when the next one comes.
      const next = () => {
        at = Math.min(1, at + random.integer(0, 40) / 1000);
        return at;
      };
      for (let left = random.chance(0.4) ? random.integer(1, 5) : 0; left > 0; left--) {
        const edit = `edição ${events.length}`;
        text = random.pick([
          () => ({ ...text, title: `${article.title} (${edit})` }),
          () => ({ ...text, content: `${text.content}\nAtualização: ${edit}.` }),
          () => ({ ...text, tags: [...article.tags, edit] }),
        ])();
        events.push({ at: next(), what: 'store', text });
      }
      if (random.chance(0.06)) {
        events.push({ at: next(), what: 'remove', text });
        if (random.chance(0.3)) events.push({ at: next(), what: 'restore', text });
      }
      return { events };
    },
  );
}

export function expectedOf({ events }: Story): Expected {
  const { what, text } = events.at(-1)!;
  return { text, isRemoved: what === 'remove' };
}

/** Tries of one event: as its message would be delivered again. */
const maxTries = 400;
const retryMs = 150;

/** Lets the stories happen within this time, those of one article in their order. */
export async function tell(
  stories: readonly Story[],
  durationMs: number,
  deps: OutboxDeps,
  { signal, onEvent }: { signal: AbortSignal; onEvent(): void },
): Promise<void> {
  const startedAt = performance.now();
  await Promise.all(
    stories.map(async ({ events }) => {
      for (const event of events) {
        const dueMs = event.at * durationMs - (performance.now() - startedAt);
        if (dueMs > 0) await sleep(dueMs, undefined, { signal });
        await insist(() => happen(event, deps), signal);
        onEvent();
      }
    }),
  );
}

async function happen({ what, text }: Story['events'][number], deps: OutboxDeps): Promise<void> {
  const context = contextFrom();
  if (what === 'store') await storeArticle({ ...text, extractedAt: new Date() }, context, deps);
  else await changeArticles(what, [await idOf(text, deps.db)], context, deps);
}

async function idOf({ agencyKey, canonicalUrl }: Text, db: Database): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'select unique_id as id from news where agency_key = $1 and canonical_url = $2',
    [agencyKey, canonicalUrl],
  );
  if (!rows[0]) throw new Error(`The article at ${canonicalUrl} was stored and has no row`);
  return rows[0].id;
}

async function insist(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let count = 1; ; count++) {
    try {
      return await work();
    } catch (error) {
      if (count === maxTries || signal.aborted) throw error;
      await sleep(retryMs, undefined, { signal });
    }
  }
}
