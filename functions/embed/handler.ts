import type { HttpFunction } from '@google-cloud/functions-framework';
import { createArticleStage, type StageDeps } from '../../shared/stage.ts';
import { createEmbedder, type EmbedDeps } from './embed.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: EmbedDeps & StageDeps): HttpFunction {
  return createArticleStage('embed', createEmbedder(deps), deps);
}
