import type { Queryable } from '../database.ts';
import { jsonOf } from '../envelope.ts';

/** What could not be done, and all that is needed to try again. */
export interface QuarantineEntry {
  stage: string;
  /** The article's unique_id, or the URL. */
  subject: string;
  data: unknown;
  attributes: Record<string, string>;
  error: string;
}

/**
 * Records a failure: one row per stage and subject; one that failed before counts on, a closed one opens again. What
 * Postgres cannot hold (NUL, half a surrogate pair) is recorded as U+FFFD: it may be what failed.
 */
export async function recordFailure(db: Queryable, entry: QuarantineEntry): Promise<void> {
  await db.query(
    `insert into quarantine as q (stage, subject, data, attributes, error)
     values ($1, $2, $3::jsonb, $4::jsonb, $5)
     on conflict (stage, md5(subject)) do update set
       data = excluded.data, attributes = excluded.attributes, error = excluded.error, attempts = q.attempts + 1,
       first_failed_at = case when q.closed_at is null then q.first_failed_at else now() end,
       last_failed_at = now(), closed_at = null, closed_reason = null, redriven_at = null`,
    [
      entry.stage,
      storableText(entry.subject),
      storableJson(entry.data),
      storableJson(entry.attributes),
      storableText(entry.error),
    ],
  );
}

/** Closes the rows of subjects that a stage has reached after all. */
export async function closeFailures(db: Queryable, stage: string, subjects: readonly string[]): Promise<void> {
  await db.query(
    `update quarantine set closed_at = now()
     where stage = $1 and md5(subject) in (select md5(subject) from unnest($2::text[]) as reached (subject))
       and closed_at is null`,
    [stage, subjects.map(storableText)],
  );
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** Finds them as JSON.stringify writes them; after an escaped backslash they are plain text. */
function storableJson(value: unknown): string {
  return jsonOf(value).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\\ufffd');
}
