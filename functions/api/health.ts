import { setTimeout } from 'node:timers/promises';
import type { Queryable } from '../../shared/database.ts';
import { ProblemError } from './problem.ts';

const timeoutMs = 2000;

/**
 * Asks the database for a sign of life.
 *
 * @throws {ProblemError} 503 when it gives none within two seconds.
 */
export async function checkHealth(db: Queryable): Promise<{ status: 'ok' }> {
  const timer = new AbortController();
  const timeout = setTimeout(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  try {
    await Promise.race([db.query('select 1'), timeout]);
    return { status: 'ok' };
  } catch (cause) {
    throw new ProblemError(503, 'The database does not answer.', { cause });
  } finally {
    timer.abort();
  }
}
