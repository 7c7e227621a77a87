import type { HttpFunction } from '@google-cloud/functions-framework';
import { createArticleStage, type StageDeps } from '../../shared/stage.ts';
import { createSynchronizer, type SyncDeps } from './sync.ts';

/** The HTTP function of this stage. */
export function createHandler(deps: SyncDeps & StageDeps): HttpFunction {
  return createArticleStage('sync', createSynchronizer(deps), deps);
}
