import type { HttpFunction } from '@google-cloud/functions-framework';
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { createOperation } from '../../shared/http.ts';
import { stages } from '../../shared/pending.ts';
import { listUnknownAgencies } from '../../shared/sql/catalogue.ts';
import { day } from '../../shared/window.ts';
import { deadLetterStages } from './dead-letters-sql.ts';
import { type ReconcileDeps, reconcile } from './reconcile.ts';
import { redrive } from './redrive.ts';
import { secondsLeft } from './replay.ts';
import { cancelReplay, countReplay, insertReplay } from './replay-sql.ts';

// Postgres refuses a text with NUL.
const text = z
  .string()
  .min(1)
  .refine((value) => !value.includes('\0'), 'must not contain the character NUL');

const filterFields = {
  stage: z.enum(deadLetterStages).optional(),
  agency: text.optional(),
  subject: text.optional(),
  error: text.optional(),
  since: z.iso.datetime({ offset: true }).optional(),
};
const filterNames = Object.keys(filterFields) as (keyof typeof filterFields)[];

const redriveRequest = z
  .strictObject({
    ...filterFields,
    /** Everything that is open. */
    all: z.literal(true).optional(),
    limit: z.int().min(1).max(2000).default(100),
    rate: z.number().positive().max(1000).default(10),
    force: z.boolean().default(false),
  })
  .refine(
    (fields) => filterNames.some((name) => fields[name] !== undefined) !== (fields.all === true),
    `must say which: ${filterNames.join(', ')}, or "all": true in their place`,
  );
type RedriveInput = z.infer<typeof redriveRequest>;

const replayRequest = z.strictObject({
  stage: z.enum(stages),
  start_date: day,
  end_date: day,
  agencies: z.array(text).min(1).optional(),
  rate: z.number().min(0.1).max(1000).default(50),
  dry_run: z.boolean().default(false),
});
type ReplayInput = z.infer<typeof replayRequest>;

/** An empty body is a run; the others are what operators ask for through gcloud, by the names of the command line. */
const request = z.strictObject({
  redrive: redriveRequest.optional(),
  replay: replayRequest.optional(),
  cancel_replay: z.int().optional(),
});

/** Less than the function's timeout. */
const redriveBudgetMs = 240_000;
/** A run begins no further work after the first, and the next one starts after the second. */
const [replaySeconds, runSeconds] = [200, 300];
const replayShare = replaySeconds / runSeconds;

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
        if (letters) return { redrive: await redriveLetters(letters, deps) };
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

async function redriveLetters({ all: _all, since, ...rest }: RedriveInput, deps: ReconcileDeps): Promise<object> {
  if (rest.agency !== undefined) await checkAgencies(deps, [rest.agency]);
  const filter = { ...rest, ...(since ? { since: new Date(since) } : {}) };
  return await redrive(filter, deps, performance.now() + redriveBudgetMs);
}

/** The runs that follow carry it on. */
async function order(input: ReplayInput, deps: ReconcileDeps): Promise<object> {
  const { start_date: startDate, end_date: endDate, dry_run: isDryRun, ...rest } = input;
  if (endDate < startDate) throw new PermanentError(`end_date ${endDate} is before start_date ${startDate}`);
  if (rest.agencies) await checkAgencies(deps, rest.agencies);
  const replayOrder = { ...rest, startDate, endDate };
  const total = await countReplay(deps.db, replayOrder);
  const seconds = secondsLeft({ total_count: total, seen_count: 0, rate: input.rate * replayShare });
  const estimate = {
    articles: total,
    seconds,
    pace: `${input.rate} a second while reconcile works, at most ${replaySeconds} of every ${runSeconds} seconds`,
  };
  return isDryRun ? estimate : { id: (await insertReplay(deps.db, replayOrder, total)).id, ...estimate };
}

async function checkAgencies({ db }: ReconcileDeps, keys: readonly string[]): Promise<void> {
  const unknown = await listUnknownAgencies(db, keys);
  if (unknown.length)
    throw new PermanentError(`Unknown agency: ${unknown.join(', ')}. "destaques agencies" lists them`);
}
