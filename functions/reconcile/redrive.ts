import { eventVersion } from '../../shared/envelope.ts';
import { commitAndPublish, type OutboxDeps } from '../../shared/outbox.ts';
import { createPace } from '../../shared/pace.ts';
import { stages, topicOf } from '../../shared/pending.ts';
import type { OutgoingMessage } from '../../shared/publisher.ts';
import { scrapeMessage } from '../../shared/scrape-message.ts';
import { contextFrom } from '../../shared/stage-context.ts';
import {
  type DeadLetter,
  type DeadLetterFilter,
  findLastDeadLetter,
  listDeadLetters,
  markRedriven,
} from './dead-letters-sql.ts';

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
 * Sends the messages of the dead letters of now again, at a rate. A row closes itself once its stage is reached, and one that fails
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
  // What fails while this runs is not sent again by it, or one message could go round until the limit is reached.
  const last = await findLastDeadLetter(deps.db);
  const sent = new Set<string>();
  let after = 0;
  let left = request.limit;
  while (left > 0) {
    const page = { after, upTo: last, limit: Math.min(pace.portion, left) };
    const letters = await listDeadLetters(deps.db, { ...request, all: false }, page);
    if (letters.length === 0) break;
    after = letters.at(-1)!.id;
    const readable = letters.filter((letter) => messageOf(letter) !== undefined);
    report.unreadable += letters.length - readable.length;
    const count = await redriveSome(readable, { pauseMs: request.force ? 0 : redrivePauseMs, sent }, deps);
    report.redriven += count;
    report.waiting += readable.length - count;
    left -= count;
    if (count > 0 && left > 0 && !(await pace.spend(count))) break;
  }
  return report;
}

/** Many pages of one window failed for themselves, and are asked for by one message: `sent` holds those that are. */
async function redriveSome(
  letters: readonly DeadLetter[],
  { pauseMs, sent }: { pauseMs: number; sent: Set<string> },
  deps: OutboxDeps,
): Promise<number> {
  if (letters.length === 0) return 0;
  return await commitAndPublish(deps, async (tx) => {
    const ids = letters.map(({ id }) => id);
    const marked = await markRedriven(tx, ids, pauseMs);
    const messages = letters.flatMap((letter): OutgoingMessage[] => {
      const message = marked.has(letter.id) && messageOf(letter);
      const key = message && `${message.topic} ${JSON.stringify(message.data)}`;
      if (!key || sent.has(key)) return [];
      sent.add(key);
      return [message];
    });
    return { result: marked.size, messages };
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
  if (letter.stage !== 'scrape') return undefined;
  const { data } = scrapeMessage.safeParse(letter.data);
  // One of another contract is nothing that this deployment could vouch for.
  if (!data || letter.attributes.event_version !== eventVersion) return undefined;
  return { topic: 'requested', data, attributes };
}
