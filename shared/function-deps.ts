import { z } from 'zod';
import type { Database } from './database.ts';
import { databaseSettings, openDatabase } from './database-config.ts';
import { createLogger, type Logger } from './log.ts';
import type { Publisher } from './publisher.ts';
import { openPubSub } from './pubsub.ts';

/** The settings that every deployed function has: its database and its project. */
export const functionSettings = {
  ...databaseSettings,
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
};
const functionConfig = z.object(functionSettings);

/** The clients that every deployed function has. */
export interface FunctionDeps {
  db: Database;
  publisher: Publisher;
  log: Logger;
  projectId?: string;
}

/**
 * Opens what every deployed function needs, once per instance.
 *
 * @throws {ConfigError} when the environment is not usable: the instance does not start.
 */
export async function openFunctionDeps(config: z.infer<typeof functionConfig>): Promise<FunctionDeps> {
  const projectId = config.GOOGLE_CLOUD_PROJECT;
  return {
    db: await openDatabase(config),
    publisher: openPubSub(projectId),
    log: createLogger(),
    ...(projectId ? { projectId } : {}),
  };
}
