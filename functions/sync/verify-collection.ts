import { PermanentError } from '../../shared/errors.ts';
import type { PublicationSpan } from '../../shared/typesense-compare.ts';
import { countStandingByDay, listStandingVersions } from './sql.ts';
import { type BesideDeps, writeBeside } from './write-beside.ts';

/** How a collection compared with Postgres, and what was done about it. Days are those of UTC. */
export interface Verification {
  days: number;
  articles: number;
  /** Days whose number of documents was another one. */
  days_by_count: number;
  /** Documents that lacked, were of an older version, or had no article that stands; all of them were put right. */
  repaired: number;
}

export interface VerifyOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((daysDone: number, days: number) => void) | undefined;
}

/** Documents of one request to the server, when they are put right. */
const maxRepairs = 200;

/**
 * Holds a collection beside the served one against Postgres, day by day: the number of documents, and the version of
 * each. What differs is written; days that differed are looked at once more. Rows are read before documents, so that an
 * edit meanwhile shows as a newer document, which is no fault.
 *
 * @throws {PermanentError} when the collection refuses documents.
 */
export async function verifyCollection(
  name: string,
  deps: BesideDeps,
  { signal, onProgress }: VerifyOptions = {},
): Promise<Verification> {
  const counts = await countStandingByDay(deps.db);
  const spans = toSpans(counts.map(({ day }) => day));
  const shown = await deps.typesense.versionsOf(name).count(spans);
  const report: Verification = {
    days: counts.length,
    articles: counts.reduce((sum, { count }) => sum + count, 0),
    days_by_count: counts.filter(({ count }, position) => shown[position] !== count).length,
    repaired: 0,
  };
  const differing: PublicationSpan[] = [];
  for (const [position, span] of spans.entries()) {
    signal?.throwIfAborted();
    const repaired = await verifySpan(span, name, deps);
    report.repaired += repaired;
    if (repaired > 0) differing.push(span);
    onProgress?.(position + 1, spans.length);
  }
  for (const span of differing) report.repaired += await verifySpan(span, name, deps);
  return report;
}

/** From each day to the next one that has articles; nothing lies outside of them. */
function toSpans(days: readonly number[]): PublicationSpan[] {
  if (days.length === 0) return [{}];
  const seconds = (day: number | undefined) => (day === undefined ? undefined : day * 86_400);
  return days.map((day, position) => ({
    from: position === 0 ? undefined : seconds(day),
    to: seconds(days[position + 1]),
  }));
}

async function verifySpan(span: PublicationSpan, name: string, deps: BesideDeps): Promise<number> {
  const standing = await listStandingVersions(deps.db, span);
  const documents = await deps.typesense.versionsOf(name).list(span);
  const shown = new Map(documents.map(({ id, version }) => [id, version]));
  const wrong = [
    ...[...standing].flatMap(([id, version]) => ((shown.get(id) ?? 0) < version ? [id] : [])),
    ...[...shown.keys()].filter((id) => !standing.has(id)),
  ];
  const refused = new Map<string, PermanentError>();
  for (let start = 0; start < wrong.length; start += maxRepairs) {
    for (const entry of await writeBeside(wrong.slice(start, start + maxRepairs), name, deps)) refused.set(...entry);
  }
  const [first] = refused.values();
  if (first) throw new PermanentError(`${name} refuses ${refused.size} documents of one day: ${first.message}`);
  return wrong.length;
}
