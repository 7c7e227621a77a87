import type { Encoder } from '../../../shared/encoder.ts';
import { errorText } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { within } from '../deadline.ts';
import type { Embedding } from './contract.ts';

export interface EncodeDeps {
  encoder: Encoder;
  encoderTimeoutMs: number;
  log: Logger;
}

/** The meaning of a text, undefined when the encoder fails or is too slow. */
export async function encodeQuery(
  text: string,
  { encoder, encoderTimeoutMs, log }: EncodeDeps,
): Promise<Embedding | undefined> {
  try {
    const [vector] = await within(encoderTimeoutMs, 'the encoder', () => encoder.encode([text], { kind: 'query' }));
    return { model: encoder.model, vector: vector! };
  } catch (error) {
    log.error('query not encoded, searched by its words alone', { stage: 'api', error: errorText(error) });
    return undefined;
  }
}
