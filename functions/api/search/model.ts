import { z } from 'zod';
import { integer } from '../../../shared/config.ts';
import {
  createEncoder,
  type Encoder,
  type EncoderOptions,
  encoderOptions,
  type encoderSettings,
} from '../../../shared/encoder.ts';
import { errorText } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';

/**
 * The former model, while vectors of a new one are being made: the settings of a model, under names of its own. Prompts,
 * pooling and limit count towards the name on rows, so they are what they were when the vectors were made.
 */
export const searchModelSettings = {
  EMBEDDING_MODEL_FORMER: z.string().optional(),
  EMBEDDING_MODEL_FORMER_REVISION: z.string().optional(),
  EMBEDDING_MODEL_FORMER_FILE: z.string().optional(),
  EMBEDDING_MODEL_FORMER_POOLING: z.enum(['mean', 'cls']).optional(),
  EMBEDDING_MODEL_FORMER_MAX_TOKENS: integer(3, 65_536).optional(),
  EMBEDDING_MODEL_FORMER_QUERY_PREFIX: z.string().optional(),
  EMBEDDING_MODEL_FORMER_PASSAGE_PREFIX: z.string().optional(),
  SEARCH_MODEL_COVERAGE: z
    .string()
    .regex(/^(0?\.\d+|[01](\.0+)?)$/, 'must be a share from 0 to 1, such as 0.95')
    .transform(Number)
    .default(0.95),
};
type SearchModelSettings = z.infer<z.ZodObject<typeof searchModelSettings>> &
  z.infer<z.ZodObject<typeof encoderSettings>>;

/** The former model as the environment names it, if it does; it runs as the one in force does. */
function formerEncoderOptions(settings: SearchModelSettings): EncoderOptions | undefined {
  if (!settings.EMBEDDING_MODEL_FORMER) return undefined;
  return {
    ...encoderOptions(settings),
    model: settings.EMBEDDING_MODEL_FORMER,
    revision: settings.EMBEDDING_MODEL_FORMER_REVISION,
    file: settings.EMBEDDING_MODEL_FORMER_FILE,
    pooling: settings.EMBEDDING_MODEL_FORMER_POOLING,
    maxTokens: settings.EMBEDDING_MODEL_FORMER_MAX_TOKENS,
    queryPrefix: settings.EMBEDDING_MODEL_FORMER_QUERY_PREFIX,
    passagePrefix: settings.EMBEDDING_MODEL_FORMER_PASSAGE_PREFIX,
  };
}

/** Encodes what is searched for with the one model that search uses now. */
export interface SearchModel {
  /**
   * @throws what the encoder throws; or, while the former model is what search uses, the error of opening it: searching
   * by few vectors without saying so would be worse than by words alone.
   */
  encodeQuery(text: string): Promise<{ model: string; vector: Float32Array }>;
  /** Name on the rows that search compares with. */
  model(): Promise<string>;
  /** Closes the former model, if it is open; the one in force is its owner's. */
  close(): Promise<void>;
}

export interface SearchModelDeps {
  /** Of the model in force, whose vectors are being made. */
  encoder: Encoder;
  /** Vectors by the name of their model. */
  countVectors: () => Promise<ReadonlyMap<string, number>>;
  log: Logger;
  /** Milliseconds that grow. */
  now?: () => number;
}

/** Between two counts, and between two tries to open the former model. */
const recountMs = 60_000;

/**
 * One model at a time answers. A vector takes the place of the former one, so what one model covers more the other covers
 * less: the former one answers while it covers more, and then the one in force, for good once it covers enough of all
 * vectors. Counts at most once a minute, and never again after that; the former model is opened when it is first needed
 * and closed then. Without a former one nothing is counted.
 */
export function createSearchModel(
  { coverage, openFormer }: { coverage: number; openFormer?: (() => Promise<Encoder>) | undefined },
  { encoder, countVectors, log, now = () => performance.now() }: SearchModelDeps,
): SearchModel {
  let isSettled = openFormer === undefined;
  let former: Promise<Encoder> | undefined;
  let chosen: Promise<Encoder> | undefined;
  let chosenAt = Number.NEGATIVE_INFINITY;

  const closeFormer = async () => {
    isSettled = true;
    // One that could not be opened needs no closing, and was logged.
    await (await former?.catch(() => undefined))?.close();
    former = undefined;
  };

  const settle = () => {
    if (!isSettled) log.info('search uses the model in force from now on', { stage: 'api', model: encoder.model });
    void closeFormer().catch((error: unknown) =>
      log.warning('former model not closed', { stage: 'api', error: errorText(error) }),
    );
    return encoder;
  };

  const choose = async (): Promise<Encoder> => {
    const counts = await countVectors();
    const countOf = ({ model }: Encoder) => counts.get(model) ?? 0;
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (isSettled || countOf(encoder) >= coverage * total) return settle();
    former ??= openFormer!();
    const opened = await former.catch((error: unknown) => {
      former = undefined;
      throw error;
    });
    return countOf(opened) > countOf(encoder) ? opened : encoder;
  };

  /** Who comes while it is counted again takes what was chosen before. */
  const inUse = (): Promise<Encoder> => {
    if (isSettled) return Promise.resolve(encoder);
    if (chosen && now() - chosenAt < recountMs) return chosen;
    chosenAt = now();
    const next = choose();
    next.then(
      () => {
        chosen = next;
      },
      (error: unknown) => log.error('model of search not chosen', { stage: 'api', error: errorText(error) }),
    );
    chosen ??= next;
    return chosen;
  };

  const encodeQuery = async (text: string) => {
    const used = await inUse();
    return await encodeWith(used, text).catch((error: unknown) => {
      // Closed between the choice and the call.
      if (!isSettled || used === encoder) throw error;
      return encodeWith(encoder, text);
    });
  };

  return {
    encodeQuery,
    model: async () => (await inUse()).model,
    close: closeFormer,
  };
}

async function encodeWith(encoder: Encoder, text: string): Promise<{ model: string; vector: Float32Array }> {
  const [vector] = await encoder.encode([text], { kind: 'query' });
  if (vector?.length !== encoder.dimensions || !vector.every(Number.isFinite)) {
    throw new Error(`${encoder.model} computed no vector of ${encoder.dimensions} finite numbers`);
  }
  return { model: encoder.model, vector };
}

/** Search by one model, whatever other vectors there are. */
export function searchModelOf(encoder: Encoder): SearchModel {
  return {
    encodeQuery: (text) => encodeWith(encoder, text),
    model: async () => encoder.model,
    close: async () => {},
  };
}

/** The search model that the environment asks for. */
export function openSearchModel(settings: SearchModelSettings, deps: SearchModelDeps): SearchModel {
  const options = formerEncoderOptions(settings);
  return createSearchModel(
    {
      coverage: settings.SEARCH_MODEL_COVERAGE,
      openFormer: options && (() => createEncoder(options, { log: deps.log })),
    },
    deps,
  );
}
