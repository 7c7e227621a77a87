import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { createOperation } from '../../shared/http.ts';
import type { StorageBackendName } from '../../shared/storage-settings.ts';
import type { ExportDeps, ExportOptions } from './export.ts';
import type { Destinations } from './export-all.ts';
import { exportAndFlush, isJournalOpen } from './journal.ts';

const body = z.strictObject({
  full_sync: z.boolean().default(false),
  dry_run: z.boolean().default(false),
  /** Does nothing unless changes were journaled for the dataset. */
  only_journaled: z.boolean().default(false),
});

interface ExportHandlerDeps extends Pick<ExportDeps, 'db' | 'log'>, Pick<ExportOptions, 'codec' | 'maxShardBytes'> {
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
  return createOperation(
    {
      name: 'export',
      schema: body,
      work: async ({ full_sync, dry_run, only_journaled }) => {
        if (only_journaled && !(await isJournalOpen(deps.db))) return { skipped: 'nothing is journaled' };
        const options = { ...settings, now: deps.now(), fullSync: full_sync, dryRun: dry_run };
        return await exportAndFlush(destinations, options, deps);
      },
    },
    deps,
  );
}
