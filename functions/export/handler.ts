import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { createOperation } from '../../shared/http.ts';
import type { ExportDeps, ExportOptions } from './export.ts';
import { type Destinations, exportAll } from './export-all.ts';

const body = z.strictObject({ full_sync: z.boolean().default(false), dry_run: z.boolean().default(false) });

interface ExportHandlerDeps extends Pick<ExportDeps, 'db' | 'log'>, Pick<ExportOptions, 'codec' | 'maxShardBytes'> {
  destinations: Destinations;
  now(): Date;
  projectId?: string;
}

/** The HTTP function of this operation: body `{full_sync?, dry_run?}`. */
export function createHandler({ destinations, codec, maxShardBytes, ...deps }: ExportHandlerDeps): HttpFunction {
  const shards = { ...(codec ? { codec } : {}), ...(maxShardBytes ? { maxShardBytes } : {}) };
  return createOperation(
    {
      name: 'export',
      schema: body,
      work: ({ full_sync, dry_run }) =>
        exportAll(destinations, { ...shards, now: deps.now(), fullSync: full_sync, dryRun: dry_run }, deps),
    },
    deps,
  );
}
