import type { HttpFunction } from '@google-cloud/functions-framework';
import { createArticleStage, type StageDeps } from '../../shared/stage.ts';
import { createEnrichment, type EnrichDeps } from './enrich.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: EnrichDeps & StageDeps): HttpFunction {
  return createArticleStage('enrich', createEnrichment(deps), deps);
}
