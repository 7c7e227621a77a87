import { eventVersion } from '../../shared/envelope.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import { createPace } from '../../shared/pace.ts';
import { stages, topicOf } from '../../shared/pending.ts';
import type { OutgoingMessage } from '../../shared/publisher.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import { type DeadLetter, type DeadLetterFilter, listDeadLetters, markRedriven } from './dead-letters-sql.ts';

/** Which dead letters are sent again, and how. */
export interface RedriveRequest extends DeadLetterFilter {
  /** At most so many messages. */
  limit: number;
  /** Messages a second. */
  rate: number;
  /** Also those that were redriven a moment ago. */
  force?: boolean | undefined;
}

export interface RedriveReport {
  redriven: number;
  /** Redriven within the pause: their messages are still on the way. */
  waiting: number;
  /** They name nothing that could be done again: to be shown or discarded. */
  unreadable: number;
}

/** A second redrive within this time is held back: the first one is still being delivered. */
export const redrivePauseMs = 10 * 60_000;

/**
 * Sends the messages of dead letters again, at a rate. A row closes itself once its stage is reached, and one that fails
 * again is as if it had not been redriven. An article's message is the nudge of today, not the one that failed.
 *
 * @param until an instant of `performance.now()`, after which no more is begun.
 */
export async function redrive(
  request: RedriveRequest,
  deps: OutboxDeps,
  until = Number.POSITIVE_INFINITY,
): Promise<RedriveReport> {
  const report: RedriveReport = { redriven: 0, waiting: 0, unreadable: 0 };
  const pace = createPace(request.rate, until);
  let after = 0;
  let left = request.limit;
  while (left > 0) {
    const page = { after, limit: Math.min(pace.portion, left) };
    const letters = await listDeadLetters(deps.db, { ...request, all: false }, page);
    if (letters.length === 0) break;
    after = letters.at(-1)!.id;
    const readable = letters.filter((letter) => messageOf(letter) !== undefined);
    report.unreadable += letters.length - readable.length;
    const count = await redriveSome(readable, request.force ? 0 : redrivePauseMs, deps);
    report.redriven += count;
    report.waiting += readable.length - count;
    left -= count;
    if (count > 0 && left > 0 && !(await pace.spend(count))) break;
  }
  return report;
}

async function redriveSome(letters: readonly DeadLetter[], pauseMs: number, deps: OutboxDeps): Promise<number> {
  if (letters.length === 0) return 0;
  return await commitAndPublish(deps, async (tx) => {
    const ids = letters.map(({ id }) => id);
    const marked = await markRedriven(tx, ids, pauseMs);
    // Many pages of one window failed for themselves, and are asked for by one message.
    const messages = new Map<string, OutgoingMessage>();
    for (const letter of letters) {
      const message = marked.has(letter.id) && messageOf(letter);
      if (message) messages.set(`${message.topic} ${JSON.stringify(message.data)}`, message);
    }
    return { result: marked.size, messages: [...messages.values()] };
  });
}

/** The message that asks for the work again; undefined when the dead letter names none. */
export function messageOf(letter: DeadLetter): OutgoingMessage | undefined {
  const { attributes } = contextFrom(letter.attributes);
  const stage = stages.find((name) => name === letter.stage);
  if (stage) {
    if (letter.article_version === null) return undefined;
    return { topic: topicOf[stage], data: { unique_id: letter.subject, version: letter.article_version }, attributes };
  }
  if (letter.stage !== 'scrape' || !isScrapeMessage(letter.data)) return undefined;
  // One of another contract is nothing that this deployment could vouch for.
  if (letter.attributes.event_version !== eventVersion) return undefined;
  return { topic: 'requested', data: letter.data, attributes };
}

function isScrapeMessage(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const { agency_key, source_url, start_date, end_date } = data as Record<string, unknown>;
  return [agency_key, source_url, start_date, end_date].every((value) => typeof value === 'string' && value !== '');
}
