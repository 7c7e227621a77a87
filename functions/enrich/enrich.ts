import { type ArticleWorker, createArticleWorker } from '../../shared/article-stage.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { Enricher, Enrichment, Taxonomy } from './enricher.ts';
import { type ArticleToEnrich, readArticlesToEnrich, saveEnrichments } from './sql.ts';

export interface EnrichDeps extends OutboxDeps {
  enricher: Enricher;
  taxonomy(): Promise<Taxonomy>;
}

/** Articles that an enricher is asked about at the same time: as many as an instance takes messages. */
const maxAsked = 20;

/** Gives articles their themes, summary and features, if their text is newer than those they have. */
export function createEnrichment(deps: EnrichDeps): ArticleWorker {
  const { db, enricher } = deps;
  return createArticleWorker<ArticleToEnrich, Enrichment>(
    {
      stage: 'enrich',
      publishes: 'enriched',
      read: (uniqueIds) => readArticlesToEnrich(db, uniqueIds, { enricherRank: enricher.rank }),
      // One by one: none waits for a slower one.
      work: async ([article]) => {
        const { themes, summary, features } = await enricher.enrich(article!, await deps.taxonomy());
        const media = { has_image: article!.hasImage, has_video: article!.hasVideo };
        return [{ value: { themes, summary, features: { ...features, ...media } } }];
      },
      save: (tx, done) =>
        saveEnrichments(
          tx,
          done.map(({ row: { uniqueId, revision }, result }) => ({ uniqueId, revision, ...result })),
          enricher,
        ),
      workBounds: { maxItems: 1, concurrency: maxAsked },
    },
    deps,
  );
}
