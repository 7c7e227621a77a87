import { errorText } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';

export interface VectorCheckDeps {
  /** Whether any article has a vector of the model, or there is no article. */
  hasVectors: (model: string) => Promise<boolean>;
  log: Logger;
  /** Milliseconds that grow. */
  now?: () => number;
}

interface Check {
  startedAt: number;
  found: Promise<boolean>;
}

const recheckMs = 60_000;

/**
 * Tells whether anything can be found by the vectors of a model; asked of the database at most once a minute. Who comes
 * while it is asked again takes what was known. While the database does not say, there may be some.
 */
export function createVectorCheck({ hasVectors, log, now = () => performance.now() }: VectorCheckDeps) {
  const checks = new Map<string, Check>();
  return async (model: string): Promise<boolean> => {
    const known = checks.get(model);
    if (known && now() - known.startedAt < recheckMs) return await known.found;
    const found = hasVectors(model).catch((error: unknown) => {
      log.warning('vectors of the model not looked for', { stage: 'api', error: errorText(error) });
      return true;
    });
    const check = { startedAt: now(), found: known?.found ?? found };
    checks.set(model, check);
    void found.then(() => {
      check.found = found;
    });
    return await check.found;
  };
}
