import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { createOperation } from '../../shared/http.ts';
import type { Logger } from '../../shared/log.ts';
import { day } from '../../shared/window.ts';
import { type DispatchDeps, dispatch } from './dispatch.ts';

// Strict: a misspelt `agencies` must not dispatch them all.
const body = z
  .strictObject({ start_date: day, end_date: day, agencies: z.array(z.string()).min(1), allow_update: z.boolean() })
  .partial()
  .transform((fields) => ({
    startDate: fields.start_date,
    endDate: fields.end_date,
    agencies: fields.agencies,
    allowUpdate: fields.allow_update,
  }));

/** The HTTP function of this operation: body `{start_date?, end_date?, agencies?, allow_update?}`. */
export function createHandler(deps: DispatchDeps & { log: Logger; projectId?: string }): HttpFunction {
  return createOperation(
    { name: 'dispatch', schema: body, work: (request, context) => dispatch(request, context, deps) },
    deps,
  );
}
