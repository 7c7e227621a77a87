/**
 * The migration job: applies what is pending, brings the catalogue into a database that has none, and grants functions what
 * they need. Deployed in `dist/release/`.
 */
import { z } from 'zod';
import { readCatalogue } from '../../shared/catalogue.ts';
import { applyCatalogue } from '../../shared/catalogue-import.ts';
import { loadConfig } from '../../shared/config.ts';
import { databaseSettings, openDatabase } from '../../shared/database-config.ts';
import { createLogger } from '../../shared/log.ts';
import { migrateUp } from '../migrate.ts';

const log = createLogger();
const database = await openDatabase(loadConfig(z.object(databaseSettings)));
try {
  const applied = await migrateUp(database);
  const { rowCount: sourceCount } = await database.query('select from sources limit 1');
  // Later, sources are the operators'.
  if (sourceCount === 0) await applyCatalogue(database, await readCatalogue(), { force: false });
  // Users that were made since the migration of their rights.
  await database.query('call grant_functions()');
  log.info('database migrated', { applied });
} finally {
  await database.close();
}
