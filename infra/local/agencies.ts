import type { Database } from '../../shared/database.ts';
import { listUnknownAgencies } from '../../shared/sql/catalogue.ts';
import { UsageError } from './errors.ts';

/** @throws {UsageError} when a key is no agency's. */
export async function checkAgencies(db: Database, keys: readonly string[]): Promise<void> {
  const unknown = await listUnknownAgencies(db, keys);
  if (unknown.length) {
    throw new UsageError(`unknown agency: ${unknown.join(', ')} ("destaques agencies" lists the known ones)`);
  }
}
