import { errorText } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { within } from '../deadline.ts';
import type { SearchIndex } from './contract.ts';

/** Where articles are looked for. */
export interface Indexes {
  index: SearchIndex;
  /** Asked where the index is away or too slow. */
  fallback?: SearchIndex | undefined;
  /** Of the index, where there is a fallback: time must be left for that. */
  indexTimeoutMs: number;
  log: Logger;
}

/** An answer, and whether the fallback gave it. */
export interface IndexAnswer<T> {
  value: T;
  isFallback: boolean;
}

/** Asks the index, and its fallback when it fails. */
export async function askIndex<T>(
  ask: (index: SearchIndex, deadline: AbortSignal) => Promise<T>,
  { index, fallback, indexTimeoutMs, log }: Indexes,
  deadline: AbortSignal,
): Promise<IndexAnswer<T>> {
  if (!fallback) return { value: await ask(index, deadline), isFallback: false };
  try {
    const value = await within(indexTimeoutMs, 'the index', (sooner) =>
      ask(index, AbortSignal.any([deadline, sooner])),
    );
    return { value, isFallback: false };
  } catch (error) {
    deadline.throwIfAborted();
    log.error('index away, searched in its fallback', { stage: 'api', error: errorText(error) });
    return { value: await ask(fallback, deadline), isFallback: true };
  }
}
