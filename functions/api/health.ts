import type { Queryable } from '../../shared/database.ts';
import { unavailable, within } from './deadline.ts';

const timeoutMs = 2000;

/**
 * Asks the database for a sign of life.
 *
 * @throws {ProblemError} 503 when it gives none within two seconds.
 */
export async function checkHealth(db: Queryable): Promise<{ status: 'ok' }> {
  try {
    await within(timeoutMs, 'the database', () => db.query('select 1'));
    return { status: 'ok' };
  } catch (cause) {
    throw unavailable('The database does not answer.', cause);
  }
}
