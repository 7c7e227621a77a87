import { errorText } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { within } from '../deadline.ts';
import type { Embedding } from './contract.ts';
import type { SearchModel } from './model.ts';

export interface EncodeDeps {
  searchModel: SearchModel;
  /** Whether any article can be found by vectors of a model. */
  hasVectors: (model: string) => Promise<boolean>;
  encoderTimeoutMs: number;
  log: Logger;
}

/** The meaning of a text, undefined when the model fails, is too slow, or no article has a vector of it. */
export function encodeQuery(text: string, deps: EncodeDeps): Promise<Embedding | undefined> {
  return askModel(async (model) => {
    const embedding = await model.encodeQuery(text);
    if (!(await deps.hasVectors(embedding.model))) throw new Error(`No article has a vector of ${embedding.model}`);
    return embedding;
  }, deps);
}

/** Name of the model whose vectors are compared now, undefined when that cannot be told. */
export function modelOfSearch(deps: EncodeDeps): Promise<string | undefined> {
  return askModel((model) => model.model(), deps);
}

async function askModel<T>(
  ask: (model: SearchModel) => Promise<T>,
  { searchModel, encoderTimeoutMs, log }: EncodeDeps,
): Promise<T | undefined> {
  try {
    return await within(encoderTimeoutMs, 'the encoder', () => ask(searchModel));
  } catch (error) {
    log.error('model away, searched by words alone', { stage: 'api', error: errorText(error) });
    return undefined;
  }
}
