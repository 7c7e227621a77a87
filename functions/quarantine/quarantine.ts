import { z } from 'zod';
import type { Database, Queryable } from '../../shared/database.ts';
import { parseEnvelope, subjectOfRequest } from '../../shared/envelope.ts';
import { errorText, InvalidMessageError } from '../../shared/errors.ts';
import { deadLetterTopic, pipeline } from '../../shared/pipeline.ts';
import { type QuarantineEntry, recordFailure } from '../../shared/sql/quarantine.ts';
import { findLastRunError } from './sql.ts';

/** Records a message that its subscription gave up, so that operators see it and can send it again. */
export async function quarantine(body: unknown, deps: { db: Database }): Promise<{ failedStage: string }> {
  const entry = await toEntry(body, deps.db);
  await recordFailure(deps.db, entry);
  return { failedStage: entry.stage };
}

async function toEntry(body: unknown, db: Queryable): Promise<QuarantineEntry> {
  try {
    const { data, attributes, messageId, subscription } = parseEnvelope(body);
    const attempts = attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? 'all allowed';
    const stage = stageOf(subscription);
    // The id is that of the dead letter: the message had another one.
    const subject = subjectOf(data) ?? messageId;
    const lastError = stage === 'scrape' ? await lastErrorOfScrape(data, db) : undefined;
    const reason = lastError
      ? `last error: ${lastError}`
      : `the log lines of ${stage} for ${subject} say why each failed`;
    return { stage, subject, data, attributes, error: `Dead-lettered after ${attempts} attempts; ${reason}` };
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error;
    // Unreadable messages end here as well: this is the last place that can keep them.
    return {
      stage: stageOf(String((body as { subscription?: unknown } | null)?.subscription ?? 'unknown')),
      subject: subjectOfRequest(body),
      data: body,
      attributes: {},
      error: errorText(error),
    };
  }
}

// Postgres refuses a text with NUL, and a message that has one is to be kept all the same.
const text = z.string().refine((value) => !value.includes('\0'));
const scrapeMessage = z.object({ source_url: text, start_date: text, end_date: text });

/** Only runs are kept with their errors; of what other stages tried, the log alone knows. */
async function lastErrorOfScrape(data: unknown, db: Queryable): Promise<string | undefined> {
  const { data: asked } = scrapeMessage.safeParse(data);
  if (!asked) return undefined;
  return await findLastRunError(db, {
    sourceUrl: asked.source_url,
    startDate: asked.start_date,
    endDate: asked.end_date,
  });
}

/** Subscriptions to dead-letter topics carry the name of the topic. */
function stageOf(subscription: string): string {
  const name = subscription.split('/').at(-1)!;
  return pipeline.find((entry) => deadLetterTopic(entry.name) === name)?.name ?? name;
}

/** The same subject under which the stage itself would record the failure. */
function subjectOf(data: unknown): string | undefined {
  const { data: asked } = scrapeMessage.safeParse(data);
  if (asked) return `${asked.source_url} ${asked.start_date}/${asked.end_date}`;
  if (typeof data !== 'object' || data === null) return undefined;
  const { unique_id: uniqueId } = data as Record<string, unknown>;
  return typeof uniqueId === 'string' ? uniqueId : undefined;
}
