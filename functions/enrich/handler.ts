import type { HttpFunction } from '@google-cloud/functions-framework';
import { articleMessage, createStage, type StageDeps } from '../../shared/stage.ts';
import { type EnrichDeps, enrich } from './enrich.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: EnrichDeps & StageDeps): HttpFunction {
  return createStage(
    {
      stage: 'enrich',
      schema: articleMessage,
      subject: (message) => message.unique_id,
      work: (message, context) => enrich(message, context, deps),
    },
    deps,
  );
}
