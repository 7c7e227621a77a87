import { prepareDatabase } from '../../../infra/local/local-database.ts';
import { openPglite } from '../../../infra/local/pglite.ts';
import type { Database } from '../../../shared/database.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { startPostgres } from '../../support/postgres-server.ts';

export const databaseKinds = ['postgres', 'embedded'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

/** A database with migrations and catalogue: embedded, at an address, or on a server of its own with these settings. */
export async function openBenchDatabase(
  kind: DatabaseKind,
  url?: string,
  serverSettings: Readonly<Record<string, string>> = {},
): Promise<{ db: Database; close(): Promise<void> }> {
  const server = kind === 'postgres' && !url ? await startPostgres(serverSettings) : undefined;
  // No function waits so long for a statement, but what a benchmark sets up takes minutes.
  const db =
    kind === 'embedded'
      ? await openPglite()
      : await openPostgres({ url: url ?? server!.url }, { maxConnections: 10, statementTimeoutMs: 0 });
  await prepareDatabase(db);
  return {
    db,
    close: async () => {
      await db.close();
      server?.stop();
    },
  };
}
