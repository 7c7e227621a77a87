import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { createOperation } from '../../shared/http.ts';
import type { HubOptions } from '../../shared/hub-files.ts';
import { type ImportDeps, importDataset } from './import.ts';
import { openSource } from './open-source.ts';
import { repairs } from './repair.ts';
import { findImport, findOpenImport } from './state-sql.ts';

/** An empty body goes on with what is under way. */
const body = z.strictObject({
  /** Id on the Hub. */
  dataset: z.string().min(1).optional(),
  revision: z.string().min(1).optional(),
  batch_size: z.int().min(1).max(5000).default(1000),
  max_records: z.int().min(1).optional(),
  create_agencies: z.boolean().default(false),
  repair: z.array(z.enum(repairs)).default([...repairs]),
  /** From the first row, although an import of the dataset is under way or done. */
  restart: z.boolean().default(false),
});

/** Less than the function's timeout of 1,800 s. */
const budgetMs = 1_500_000;

/**
 * The HTTP function of this operation. A call works for a bounded time and the next one goes on; `is_done` says when no
 * more are needed. While an import is under way it keeps to the revision and the options that it began with.
 */
export function createHandler(
  deps: ImportDeps & { hub: HubOptions; projectId?: string; budgetMs?: number },
): HttpFunction {
  return createOperation(
    {
      name: 'import',
      schema: body,
      work: async (request) => {
        const until = performance.now() + (deps.budgetMs ?? budgetMs);
        const open = request.dataset
          ? await findImport(deps.db, `dataset ${request.dataset}`)
          : await findOpenImport(deps.db);
        const dataset = request.dataset ?? open?.source.slice('dataset '.length);
        if (!dataset) return { is_done: true };
        const isResumed = !request.restart;
        const pinned = isResumed && open?.status === 'open' ? (open.revision ?? undefined) : undefined;
        const source = await openSource({ dataset, revision: request.revision ?? pinned }, deps.hub);
        return await importDataset(
          {
            source,
            batchSize: request.batch_size,
            maxRecords: request.max_records,
            repairs: request.repair,
            createMissing: request.create_agencies,
            isResumed,
            until,
          },
          deps,
        );
      },
    },
    deps,
  );
}
