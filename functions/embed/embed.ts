import { type ArticleWorker, createArticleWorker } from '../../shared/article-stage.ts';
import type { Encoder } from '../../shared/encoder.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import { readArticlesToEmbed, saveEmbeddings } from './sql.ts';

export interface EmbedDeps extends OutboxDeps {
  encoder: Encoder;
}

/** Texts that are handed to the encoder together; it makes its own inferences of them. */
const maxTexts = 32;

/** Gives articles their vectors, if their embedding text or the model in force is another than that of those they have. */
export function createEmbedder(deps: EmbedDeps): ArticleWorker {
  const { db, encoder } = deps;
  return createArticleWorker(
    {
      stage: 'embed',
      publishes: 'embedded',
      read: (uniqueIds) => readArticlesToEmbed(db, uniqueIds, { embeddingModel: encoder.model }),
      work: async (articles) => {
        const texts = articles.map(({ text }) => text);
        const embeddings = await encoder.encode(texts, { kind: 'passage' });
        return embeddings.map((value) => ({ value }));
      },
      save: (tx, done) =>
        saveEmbeddings(
          tx,
          done.map(({ row: { uniqueId, textHash }, result: embedding }) => ({ uniqueId, textHash, embedding })),
          encoder.model,
        ),
      // While one batch is computed and written, the next is tokenised and a third gathers.
      workBounds: { maxItems: maxTexts, concurrency: 2 },
    },
    deps,
  );
}
