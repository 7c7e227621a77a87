import { z } from 'zod';
import { readCatalogue } from '../../shared/catalogue.ts';
import { applyCatalogue } from '../../shared/catalogue-import.ts';
import { loadConfig } from '../../shared/config.ts';
import type { Database } from '../../shared/database.ts';
import { ConfigError } from '../../shared/errors.ts';
import { openPostgres, type PostgresOptions } from '../../shared/postgres.ts';
import { sessionSettings, storageBackendSettings } from '../../shared/storage-settings.ts';
import { migrateUp } from '../migrate.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { UsageError } from './errors.ts';
import type { GlobalOptions } from './options.ts';
import { endLeases } from './sql.ts';

const storageConfig = z.object(storageBackendSettings);

export interface LocalDatabase extends Database {
  /** For people: which database this is. */
  description: string;
}

/**
 * Opens the database that the options name: a URL, or the embedded one under the data folder, which is then this
 * process's alone.
 */
export async function openLocalDatabase(
  options: GlobalOptions,
  postgresOptions: PostgresOptions = {},
): Promise<LocalDatabase> {
  const settings = sessionSettings(loadConfig(storageConfig).STORAGE_BACKEND);
  if (options.databaseUrl) {
    if (!/^postgres(ql)?:\/\/./.test(options.databaseUrl)) {
      throw new UsageError('--database-url (DATABASE_URL) must be postgres://user:password@host:port/database');
    }
    const sessions = { ...postgresOptions, sessionSettings: settings };
    const db = await openPostgres({ url: options.databaseUrl }, sessions).catch((error) => {
      throw error instanceof ConfigError ? new UsageError(error.message, { cause: error }) : error;
    });
    return { ...db, description: 'Postgres' };
  }
  const db = await openEmbeddedDatabase(options.data);
  for (const [name, value] of Object.entries(settings))
    await db.query('select set_config($1, $2, false)', [name, value]);
  return { ...db, description: `embedded Postgres (PGlite) in ${db.dataDir}` };
}

/** Brings a database to what this release needs: all migrations, and the project's catalogue where there is none. */
export async function prepareDatabase(db: Database): Promise<void> {
  await migrateUp(db);
  const { rowCount } = await db.query('select from sources limit 1');
  if (rowCount === 0) await applyCatalogue(db, await readCatalogue(), { force: false });
}

/** Opens the database as it is, does the work, and closes it whatever comes. */
export async function withUnpreparedDatabase<T>(
  options: GlobalOptions,
  work: (db: LocalDatabase) => Promise<T>,
  postgresOptions?: PostgresOptions,
): Promise<T> {
  const db = await openLocalDatabase(options, postgresOptions);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** The same for work that needs the schema and the catalogue. */
export function withDatabase<T>(
  options: GlobalOptions,
  work: (db: LocalDatabase) => Promise<T>,
  postgresOptions?: PostgresOptions,
): Promise<T> {
  const prepared = async (db: LocalDatabase) => {
    await prepareDatabase(db);
    // The folder is this process's alone: whoever had leases on it is dead.
    if (!options.databaseUrl) await endLeases(db);
    return await work(db);
  };
  return withUnpreparedDatabase(options, prepared, postgresOptions);
}
