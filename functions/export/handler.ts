import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { createOperation } from '../../shared/http.ts';
import type { StorageBackendName } from '../../shared/storage-settings.ts';
import type { ExportDeps, ExportOptions } from './export.ts';
import type { Destinations } from './export-all.ts';
import { isBehind, isJournalOpen } from './is-behind.ts';
import { exportAndFlush } from './journal.ts';

const body = z.strictObject({
  full_sync: z.boolean().default(false),
  dry_run: z.boolean().default(false),
  /** Does nothing unless the dataset lacks what was journaled for it or, where it is written to at once, anything. */
  only_journaled: z.boolean().default(false),
});

/** What the function needs beside its body. */
export interface ExportHandlerDeps
  extends Pick<ExportDeps, 'db' | 'log'>,
    Pick<ExportOptions, 'codec' | 'maxShardBytes'> {
  destinations: Destinations;
  /** With `huggingface`, shards of others are not deleted. */
  storageBackend?: StorageBackendName;
  now(): Date;
  projectId?: string;
}

/** The HTTP function of this operation: body `{full_sync?, dry_run?, only_journaled?}`. */
export function createHandler(handlerDeps: ExportHandlerDeps): HttpFunction {
  const { destinations, codec, maxShardBytes, storageBackend = 'postgres', ...deps } = handlerDeps;
  const settings = { storageBackend, ...(codec ? { codec } : {}), ...(maxShardBytes ? { maxShardBytes } : {}) };
  // What was written before the phase began, or by a session of another, is in no journal.
  const isDue = async (now: Date) =>
    (await isJournalOpen(deps.db)) || (storageBackend !== 'postgres' && (await isBehind(destinations, now, deps.db)));
  return createOperation(
    {
      name: 'export',
      schema: body,
      work: async ({ full_sync, dry_run, only_journaled }) => {
        const now = deps.now();
        if (only_journaled && !(await isDue(now))) return { skipped: 'nothing is journaled' };
        const options = { ...settings, now, fullSync: full_sync, dryRun: dry_run };
        return await exportAndFlush(destinations, options, deps);
      },
    },
    deps,
  );
}
