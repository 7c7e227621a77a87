import { z } from 'zod';
import { integer } from './config.ts';
import type { Database } from './database.ts';
import { ConfigError } from './errors.ts';
import { openPostgres } from './postgres.ts';
import { sessionSettings, storageBackendSettings } from './storage-settings.ts';

/** The settings of every function that speaks to Postgres: a URL, or a Cloud SQL instance with IAM login. */
export const databaseSettings = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  INSTANCE_CONNECTION_NAME: z.string().optional(),
  DATABASE_USER: z.string().optional(),
  DATABASE_NAME: z.string().default('destaques'),
  DATABASE_MAX_CONNECTIONS: integer(1, 100).optional(),
  ...storageBackendSettings,
};
const databaseConfig = z.object(databaseSettings);

/**
 * @throws {ConfigError} when neither a URL nor a Cloud SQL instance with its user is set.
 * @throws {RetryableError} when the database cannot be reached.
 */
export function openDatabase(config: z.infer<typeof databaseConfig>): Promise<Database> {
  const options = {
    sessionSettings: sessionSettings(config.STORAGE_BACKEND),
    ...(config.DATABASE_MAX_CONNECTIONS ? { maxConnections: config.DATABASE_MAX_CONNECTIONS } : {}),
  };
  if (config.DATABASE_URL) return openPostgres({ url: config.DATABASE_URL }, options);
  if (!config.INSTANCE_CONNECTION_NAME || !config.DATABASE_USER) {
    throw new ConfigError(
      'No database is configured. Set DATABASE_URL, or INSTANCE_CONNECTION_NAME and DATABASE_USER for Cloud SQL.',
    );
  }
  return openPostgres(
    {
      instanceConnectionName: config.INSTANCE_CONNECTION_NAME,
      user: config.DATABASE_USER,
      database: config.DATABASE_NAME,
    },
    options,
  );
}
