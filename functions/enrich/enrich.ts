import { runArticleStage } from '../../shared/article-stage.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { ArticleMessage } from '../../shared/stage.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import type { Enricher, Enrichment, Taxonomy } from './enricher.ts';
import { type ArticleToEnrich, readArticleToEnrich, saveEnrichment } from './sql.ts';

export interface EnrichDeps extends OutboxDeps {
  enricher: Enricher;
  taxonomy(): Promise<Taxonomy>;
}

/** Gives an article its themes, summary and features, if its text is newer than those it has. */
export function enrich(message: ArticleMessage, context: StageContext, deps: EnrichDeps) {
  const { db, enricher } = deps;
  return runArticleStage<ArticleToEnrich, Enrichment>(
    {
      stage: 'enrich',
      publishes: 'enriched',
      read: (uniqueId) => readArticleToEnrich(db, uniqueId, { enricherRank: enricher.rank }),
      work: async (article) => {
        const { themes, summary, features } = await enricher.enrich(article, await deps.taxonomy());
        return { themes, summary, features: { ...features, has_image: article.hasImage, has_video: article.hasVideo } };
      },
      save: (tx, article, enrichment) => saveEnrichment(tx, article, enrichment, enricher),
    },
    message,
    context,
    deps,
  );
}
