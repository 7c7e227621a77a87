import { z } from 'zod';
import { integer } from './config.ts';
import { embeddingSettings } from './embedding-settings.ts';
import { ConfigError } from './errors.ts';
import { secretOf, secretSettings } from './secret-settings.ts';
import { createTypesense, type Typesense } from './typesense.ts';

/** Where articles are made searchable, and how Typesense is reached: to be spread into a function's schema. */
export const searchIndexSettings = {
  SEARCH_INDEX: z.enum(['postgres', 'typesense']).default('postgres'),
  TYPESENSE_HOST: z.string().optional(),
  TYPESENSE_PORT: integer(1, 65_535).default(8108),
  TYPESENSE_PROTOCOL: z.enum(['http', 'https']).default('http'),
  ...secretSettings('TYPESENSE_API_KEY', z.string().optional()),
  ...embeddingSettings,
};
const searchIndexConfig = z.object(searchIndexSettings);

/**
 * The Typesense that is asked for, undefined when search is in Postgres itself.
 *
 * @throws {ConfigError} when Typesense is asked for and not described.
 */
export function openTypesense(settings: z.infer<typeof searchIndexConfig>, timeoutMs: number): Typesense | undefined {
  if (settings.SEARCH_INDEX === 'postgres') return undefined;
  const { TYPESENSE_HOST: host } = settings;
  const apiKey = secretOf(settings, 'TYPESENSE_API_KEY');
  if (!host || !apiKey) throw new ConfigError('SEARCH_INDEX=typesense needs TYPESENSE_HOST and TYPESENSE_API_KEY');
  return createTypesense({
    host,
    port: settings.TYPESENSE_PORT,
    protocol: settings.TYPESENSE_PROTOCOL,
    apiKey,
    timeoutMs,
    dimensions: settings.EMBEDDING_DIMENSIONS,
  });
}

/** Id of search in Postgres, as it stands on rows. */
export const postgresIndexId = 'postgres';

/**
 * Id of an index, as it stands on rows that were written to it: the collection that it began with. One that was rebuilt
 * keeps it, since it shows the same rows; one that was made anew has another one.
 */
export function typesenseIndexId(collection: { name: string; createdAt: number }): string {
  return `typesense ${collection.name} of ${new Date(collection.createdAt * 1000).toISOString()}`;
}
