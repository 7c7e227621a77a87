import { errorText } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { within } from '../deadline.ts';
import type { Embedding } from './contract.ts';
import type { SearchModel } from './model.ts';

export interface EncodeDeps {
  searchModel: SearchModel;
  encoderTimeoutMs: number;
  log: Logger;
}

/** The meaning of a text, undefined when the model fails or is too slow. */
export function encodeQuery(text: string, deps: EncodeDeps): Promise<Embedding | undefined> {
  return askModel((model, deadline) => model.encodeQuery(text, deadline), deps);
}

/** Name of the model whose vectors are compared now, undefined when that cannot be told. */
export function modelOfSearch(deps: EncodeDeps): Promise<string | undefined> {
  return askModel((model) => model.model(), deps);
}

async function askModel<T>(
  ask: (model: SearchModel, deadline: AbortSignal) => Promise<T>,
  { searchModel, encoderTimeoutMs, log }: EncodeDeps,
): Promise<T | undefined> {
  try {
    return await within(encoderTimeoutMs, 'the encoder', (deadline) => ask(searchModel, deadline));
  } catch (error) {
    log.error('model away, searched by words alone', { stage: 'api', error: errorText(error) });
    return undefined;
  }
}
