import type { HttpFunction } from '@google-cloud/functions-framework';
import { articleMessage, createStage, type StageDeps } from '../../shared/stage.ts';
import { type EmbedDeps, embed } from './embed.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: EmbedDeps & StageDeps): HttpFunction {
  return createStage(
    {
      stage: 'embed',
      schema: articleMessage,
      subject: (message) => message.unique_id,
      work: (message, context) => embed(message, context, deps),
    },
    deps,
  );
}
