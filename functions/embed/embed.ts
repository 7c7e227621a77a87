import { runArticleStage } from '../../shared/article-stage.ts';
import type { Encoder } from '../../shared/encoder.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { ArticleMessage } from '../../shared/stage.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { type ArticleToEmbed, readArticleToEmbed, saveEmbedding } from './sql.ts';

export interface EmbedDeps extends OutboxDeps {
  encoder: Encoder;
}

/** Gives an article its vector, if its embedding text or the model in force is another than that of the one it has. */
export function embed(message: ArticleMessage, context: StageContext, deps: EmbedDeps) {
  const { db, encoder } = deps;
  return runArticleStage<ArticleToEmbed, Float32Array>(
    {
      stage: 'embed',
      publishes: 'embedded',
      read: (uniqueId) => readArticleToEmbed(db, uniqueId, { embeddingModel: encoder.model }),
      work: async (article) => (await encoder.encode([article.text]))[0]!,
      save: (tx, article, embedding) => saveEmbedding(tx, article, embedding, encoder.model),
    },
    message,
    context,
    deps,
  );
}
