import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { createOperation } from '../../shared/http.ts';
import { stages } from '../../shared/pending.ts';
import { day } from '../../shared/window.ts';
import { type ReconcileDeps, reconcile } from './reconcile.ts';
import { redrive } from './redrive.ts';
import { secondsLeft } from './replay.ts';
import { cancelReplay, countReplay, insertReplay } from './replay-sql.ts';

/** An empty body is a run; the others are what operators ask for through gcloud, by the names of the command line. */
const request = z.strictObject({
  redrive: z
    .strictObject({
      stage: z.string().min(1).optional(),
      agency: z.string().min(1).optional(),
      subject: z.string().min(1).optional(),
      error: z.string().min(1).optional(),
      since: z.iso.datetime({ offset: true }).optional(),
      limit: z.int().min(1).max(2000).default(100),
      rate: z.number().positive().max(1000).default(10),
      force: z.boolean().default(false),
    })
    .optional(),
  replay: z
    .strictObject({
      stage: z.enum(stages),
      start_date: day,
      end_date: day,
      agencies: z.array(z.string().min(1)).min(1).optional(),
      rate: z.number().min(0.1).max(1000).default(50),
      dry_run: z.boolean().default(false),
    })
    .optional(),
  cancel_replay: z.int().optional(),
});
type ReplayInput = NonNullable<z.infer<typeof request>['replay']>;

/** Less than the function's timeout. */
const redriveBudgetMs = 240_000;

/** The HTTP function of this operation: a run, or what its body asks for instead. */
export function createHandler(deps: ReconcileDeps & { projectId?: string }): HttpFunction {
  return createOperation<z.infer<typeof request>>(
    {
      name: 'reconcile',
      schema: request,
      work: async ({ redrive: letters, replay, cancel_replay: cancelled }, context) => {
        if ([letters, replay, cancelled].filter((part) => part !== undefined).length > 1) {
          throw new PermanentError('The request is not usable: one of redrive, replay and cancel_replay at a time');
        }
        if (letters) {
          const { since, ...rest } = letters;
          const filter = { ...rest, ...(since ? { since: new Date(since) } : {}) };
          return { redrive: await redrive(filter, deps, performance.now() + redriveBudgetMs) };
        }
        if (replay) return { replay: await order(replay, deps) };
        if (cancelled !== undefined) {
          if (!(await cancelReplay(deps.db, cancelled))) throw new PermanentError(`Replay ${cancelled} is not open`);
          return { cancelled };
        }
        return await reconcile(context, deps);
      },
    },
    deps,
  );
}

/** The runs that follow carry it on. */
async function order(input: ReplayInput, { db }: ReconcileDeps): Promise<object> {
  const { start_date: startDate, end_date: endDate, dry_run: isDryRun, ...rest } = input;
  if (endDate < startDate) throw new PermanentError(`end_date ${endDate} is before start_date ${startDate}`);
  const replayOrder = { ...rest, startDate, endDate };
  const total = await countReplay(db, replayOrder);
  const estimate = { articles: total, seconds: secondsLeft({ total_count: total, seen_count: 0, rate: input.rate }) };
  return isDryRun ? estimate : { id: (await insertReplay(db, replayOrder, total)).id, ...estimate };
}
