import {
  type DeadLetter,
  type DeadLetterFilter,
  discardDeadLetters,
  listDeadLetters,
} from '../../functions/reconcile/dead-letters-sql.ts';
import { messageOf, redrive } from '../../functions/reconcile/redrive.ts';
import type { Database } from '../../shared/database.ts';
import { checkAgencies } from './agencies.ts';
import { type DeadLetterOptions, usualLimits } from './dead-letter-options.ts';
import { UsageError } from './errors.ts';
import type { OperatorDeps } from './operator-deps.ts';
import { printable } from './printable.ts';

const pageSize = 500;

export async function collectDeadLetters(db: Database, filter: DeadLetterFilter, limit: number): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  while (letters.length < limit) {
    const page = { after: letters.at(-1)?.id ?? 0, limit: Math.min(pageSize, limit - letters.length) };
    const next = await listDeadLetters(db, filter, page);
    letters.push(...next);
    if (next.length < page.limit) break;
  }
  return letters;
}

/** A table of dead letters, oldest first, with subjects and errors cut; or all of them as JSON. */
export async function describeDeadLetters(db: Database, options: DeadLetterOptions): Promise<string> {
  if (options.agency !== undefined) await checkAgencies(db, [options.agency]);
  const letters = await collectDeadLetters(db, options, options.limit ?? usualLimits.list);
  if (options.json) return JSON.stringify(letters, null, 2);
  if (letters.length === 0) return 'no dead letters';
  return letters.map(formatLine).join('\n');
}

function formatLine(letter: DeadLetter): string {
  const state = stateOf(letter);
  const times = `${minute(letter.first_failed_at)} … ${minute(letter.last_failed_at)}`;
  const attempts = `${letter.attempts} failure${letter.attempts === 1 ? '' : 's'}`;
  return [
    `${String(letter.id).padStart(6)}  ${printable(letter.stage).padEnd(8)} ${printable(letter.subject)}`,
    `${attempts}, ${times}, ${state}`,
    printable(letter.error.split('\n', 1)[0]!),
  ].join('\n        ');
}

function stateOf(letter: DeadLetter): string {
  if (letter.closed_at)
    return `closed ${minute(letter.closed_at)}: ${printable(letter.closed_reason ?? 'reached after all')}`;
  if (letter.redriven_at) return `open, redriven ${minute(letter.redriven_at)}`;
  return messageOf(letter) ? 'open' : 'open, cannot be redriven';
}

function minute(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

/** All that is known of some dead letters, and the message that a redrive of each would send. */
export async function showDeadLetters(db: Database, ids: readonly number[]): Promise<string> {
  const letters = await collectDeadLetters(db, { ids, all: true }, ids.length);
  checkFound(ids, letters);
  return JSON.stringify(
    letters.map((letter) => ({ ...letter, redrive: messageOf(letter) ?? null })),
    null,
    2,
  );
}

/** Sends messages of dead letters again, and says what became of them. */
export async function redriveDeadLetters(
  ids: readonly number[],
  options: DeadLetterOptions & { rate: number; force?: boolean },
  deps: OperatorDeps,
): Promise<string> {
  const choice = await choose(deps.db, ids, options);
  if (ids.length > 0) checkFound(ids, await collectDeadLetters(deps.db, { ids }, ids.length), 'open ');
  const report = await redrive({ ...choice, rate: options.rate, force: options.force }, deps);
  const { redriven, waiting, unreadable } = report;
  if (options.json) return JSON.stringify({ ...report, in_outbox: deps.delivery.waiting }, null, 2);
  const where =
    deps.isPublishing || redriven === 0 ? '' : ' (in the outbox: reconcile of a running platform sends them)';
  const lines = [`${redriven} redriven${where}`];
  if (waiting > 0) lines.push(`${waiting} redriven less than 10 minutes ago: --force sends them once more`);
  if (unreadable > 0) lines.push(`${unreadable} name nothing that could be done again: show or discard them`);
  return lines.join('\n');
}

/** Closes dead letters without success. */
export async function discard(
  db: Database,
  ids: readonly number[],
  options: DeadLetterOptions & { reason: string },
): Promise<string> {
  const { limit, ...filter } = await choose(db, ids, options);
  const letters = await collectDeadLetters(db, filter, limit);
  checkFound(ids, letters, 'open ');
  const closed = await discardDeadLetters(
    db,
    letters.map(({ id }) => id),
    options.reason,
  );
  return `${closed} discarded`;
}

/**
 * What is to be changed: dead letters by their ids, or by a filter. Changing everything that is open takes one word at
 * least.
 */
async function choose(
  db: Database,
  ids: readonly number[],
  { stage, agency, since, subject, error, limit }: DeadLetterOptions,
): Promise<DeadLetterFilter & { limit: number }> {
  const given = Object.entries({ stage, agency, since, subject, error, limit }).filter(
    ([, value]) => value !== undefined,
  );
  const flags = given.map(([name]) => `--${name}`);
  if (ids.length > 0) {
    if (flags.length > 0) throw new UsageError(`ids say which, and do not go with ${flags.join(', ')}`);
    return { ids, limit: ids.length };
  }
  if (flags.every((flag) => flag === '--limit')) {
    throw new UsageError('say which: ids, --stage, --agency, --since, --subject or --error');
  }
  if (agency !== undefined) await checkAgencies(db, [agency]);
  return { stage, agency, since, subject, error, limit: limit ?? usualLimits.change };
}

function checkFound(ids: readonly number[], letters: readonly DeadLetter[], kind = ''): void {
  const found = new Set(letters.map(({ id }) => id));
  const missing = ids.filter((id) => !found.has(id));
  if (missing.length > 0) throw new UsageError(`no ${kind}dead letter with id ${missing.join(', ')}`);
}
