import { z } from 'zod';
import type { Database } from './database.ts';
import { databaseSettings, openDatabase } from './database-config.ts';
import { createLogger, type Logger } from './log.ts';
import type { Publisher } from './publisher.ts';
import { openPubSub } from './pubsub.ts';
import { type PushAuth, pushAuthOf, pushAuthSettings } from './push-auth.ts';

/** The settings that every deployed function has: its database and its project. */
export const functionSettings = {
  ...databaseSettings,
  ...pushAuthSettings,
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
};
const functionConfig = z.object(functionSettings);

/** The clients that every deployed function has. */
export interface FunctionDeps {
  db: Database;
  publisher: Publisher;
  log: Logger;
  projectId?: string;
  /** Undefined where something in front of the function checks callers. */
  pushAuth?: PushAuth;
}

/**
 * Opens what every deployed function needs, once per instance.
 *
 * @throws {ConfigError} when the environment is not usable: the instance does not start.
 */
export async function openFunctionDeps(config: z.infer<typeof functionConfig>): Promise<FunctionDeps> {
  const projectId = config.GOOGLE_CLOUD_PROJECT;
  const pushAuth = pushAuthOf(config);
  return {
    db: await openDatabase(config),
    publisher: openPubSub(projectId),
    log: createLogger(),
    ...(projectId ? { projectId } : {}),
    ...(pushAuth ? { pushAuth } : {}),
  };
}
