import type { Database } from '../../shared/database.ts';
import { createLogger, type Logger, silentLogger } from '../../shared/log.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { GlobalOptions } from './options.ts';

/** Log lines on stderr when they are asked for: stdout is for results. */
export function cliLogger({ verbose }: Pick<GlobalOptions, 'verbose'>): Logger {
  return verbose ? createLogger((line) => process.stderr.write(line)) : silentLogger;
}

/** What a stage needs when nobody listens: its messages go nowhere, as on a topic without subscriptions. */
export function cliDeps(db: Database, options: Pick<GlobalOptions, 'verbose'>): OutboxDeps {
  return { db, log: cliLogger(options), publisher: { publish: async () => {}, close: async () => {} } };
}
