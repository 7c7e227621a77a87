import type { HttpFunction } from '@google-cloud/functions-framework';
import { articleMessage, createStage, type StageDeps } from '../../shared/stage.ts';
import { type SyncDeps, sync } from './sync.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: SyncDeps & StageDeps): HttpFunction {
  return createStage(
    {
      stage: 'sync',
      schema: articleMessage,
      subject: (message) => message.unique_id,
      work: (message, context) => sync(message, context, deps),
    },
    deps,
  );
}
