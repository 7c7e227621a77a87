import type { HttpFunction } from '@google-cloud/functions-framework';
import { errorText } from '../../shared/errors.ts';
import { postOnly } from '../../shared/http.ts';
import type { StageDeps } from '../../shared/stage.ts';
import { quarantine } from './quarantine.ts';

/** Not a stage: what cannot be recorded here has nowhere else to go, so every failure asks for redelivery. */
export function createHandler(deps: StageDeps): HttpFunction {
  return postOnly(async (request, response) => {
    try {
      const fields = await quarantine(request.body, deps);
      deps.log.error('message dead-lettered', { stage: 'quarantine', ...fields });
      response.status(204).end();
    } catch (error) {
      deps.log.error('dead letter not recorded, to be redelivered', { stage: 'quarantine', error: errorText(error) });
      response.status(500).end();
    }
  });
}
