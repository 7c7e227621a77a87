import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { createOperation } from '../../shared/http.ts';
import { type ExportDeps, type ExportOptions, exportDataset } from './export.ts';

const body = z.strictObject({ full_sync: z.boolean().default(false), dry_run: z.boolean().default(false) });

type ExportSettings = Omit<ExportOptions, 'now' | 'fullSync' | 'dryRun'>;

/** The HTTP function of this operation: body `{full_sync?, dry_run?}`. */
export function createHandler(deps: ExportDeps & ExportSettings & { now(): Date; projectId?: string }): HttpFunction {
  return createOperation(
    {
      name: 'export',
      schema: body,
      work: ({ full_sync, dry_run }) =>
        exportDataset({ ...deps, now: deps.now(), fullSync: full_sync, dryRun: dry_run }, deps),
    },
    deps,
  );
}
