import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { createOperation } from '../../shared/http.ts';
import { type ReconcileDeps, reconcile } from './reconcile.ts';

/** The HTTP function of this operation; its body is empty. */
export function createHandler(deps: ReconcileDeps & { projectId?: string }): HttpFunction {
  return createOperation(
    { name: 'reconcile', schema: z.strictObject({}), work: (_request, context) => reconcile(context, deps) },
    deps,
  );
}
