import { type HttpFunction, http } from '@google-cloud/functions-framework';
import type { Database } from './database.ts';
import { createLifecycle } from './lifecycle.ts';
import type { Logger } from './log.ts';
import type { FunctionName } from './pipeline.ts';
import type { Publisher } from './publisher.ts';
import { type PushAuth, requirePushToken } from './push-auth.ts';

/** What an instance has that it must close, and who may call it. */
export interface InstanceDeps {
  db: Database;
  publisher?: Publisher;
  log: Logger;
  pushAuth?: PushAuth;
}

/** Registers a deployed function: its calls are authenticated where that is configured, and it ends without losing one. */
export function registerFunction(name: FunctionName, handler: HttpFunction, deps: InstanceDeps): void {
  const { db, publisher, log, pushAuth } = deps;
  const { track } = createLifecycle({
    log,
    close: async () => {
      // What is committed and not yet published stays in the outbox, so the database goes last.
      await publisher?.close();
      await db.close();
    },
  });
  http(name, track(pushAuth ? requirePushToken(handler, pushAuth, log) : handler));
}
