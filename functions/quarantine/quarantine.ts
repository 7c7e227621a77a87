import type { Database } from '../../shared/database.ts';
import { messageIdOf, parseEnvelope } from '../../shared/envelope.ts';
import { errorText, InvalidMessageError } from '../../shared/errors.ts';
import { deadLetterTopic, pipeline } from '../../shared/pipeline.ts';
import { type QuarantineEntry, recordFailure } from '../../shared/sql/quarantine.ts';

/** Records a message that its subscription gave up, so that operators see it and can send it again. */
export async function quarantine(body: unknown, deps: { db: Database }): Promise<{ failedStage: string }> {
  const entry = toEntry(body);
  await recordFailure(deps.db, entry);
  return { failedStage: entry.stage };
}

function toEntry(body: unknown): QuarantineEntry {
  try {
    const { data, attributes, messageId, subscription } = parseEnvelope(body);
    const attempts = attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? 'all allowed';
    const stage = stageOf(subscription);
    // The id is that of the dead letter: the message had another one.
    const subject = subjectOf(data) ?? messageId;
    return {
      stage,
      subject,
      data,
      attributes,
      error: `Dead-lettered after ${attempts} attempts; the log lines of ${stage} for ${subject} say why each failed`,
    };
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error;
    // Unreadable messages end here as well: this is the last place that can keep them.
    return {
      stage: stageOf(String((body as { subscription?: unknown } | null)?.subscription ?? 'unknown')),
      subject: messageIdOf(body) ?? 'unreadable push request',
      data: body,
      attributes: {},
      error: errorText(error),
    };
  }
}

/** Subscriptions to dead-letter topics carry the name of the topic. */
function stageOf(subscription: string): string {
  const name = subscription.split('/').at(-1)!;
  return pipeline.find((entry) => deadLetterTopic(entry.name) === name)?.name ?? name;
}

/** The same subject under which the stage itself would record the failure. */
function subjectOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { unique_id, source_url } = data as Record<string, unknown>;
  const subject = unique_id ?? source_url;
  return typeof subject === 'string' ? subject : undefined;
}
