import type { HttpFunction } from '@google-cloud/functions-framework';
import { createArticleStage, type StageDeps } from '../../shared/stage.ts';
import { type SyncDeps, sync } from './sync.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: SyncDeps & StageDeps): HttpFunction {
  return createArticleStage('sync', (message, context) => sync(message, context, deps), deps);
}
