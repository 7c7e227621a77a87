import type { Database } from '../../shared/database.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { Publisher } from '../../shared/publisher.ts';
import type { ScrapeMessage } from '../../shared/scrape-message.ts';
import { listUnknownAgencies } from '../../shared/sql/catalogue.ts';
import type { StageContext } from '../../shared/stage-context.ts';
import { saoPauloDay } from '../../shared/time.ts';
import { addDays, type DateWindow } from '../../shared/window.ts';
import { type ActiveSource, listActiveSources } from './sql.ts';

export interface DispatchRequest {
  startDate?: string | undefined;
  endDate?: string | undefined;
  /** Keys of agencies. */
  agencies?: string[] | undefined;
  /** Ask again for all known articles of the window, not only for those whose time has come. */
  allowUpdate?: boolean | undefined;
}

export type DispatchResult = DateWindow & { sourceCount: number };

export interface DispatchDeps {
  db: Database;
  publisher: Publisher;
  /** The window of a request that names none. */
  usualWindow(): DateWindow;
  /** Keys of the agencies of a request that names none; unless given, all that have an active source. */
  usualAgencies?: string[];
}

/** What one source is asked for. */
export interface PlannedSource extends ActiveSource {
  startDate: string;
}

/** A source that could not be read for longer than this is caught up with by a request of its own. */
const maxCatchUpDays = 60;

/**
 * Which sources a request asks for, and which days. Unless the request names days, a source that failed for longer
 * than the usual window is asked for all days since its last success: what it published meanwhile is not skipped.
 *
 * @throws {PermanentError} when an agency is unknown or has no active source, or the window ends before it starts.
 */
export async function planSources(
  request: DispatchRequest,
  deps: Pick<DispatchDeps, 'db' | 'usualWindow' | 'usualAgencies'>,
): Promise<{ sources: PlannedSource[]; window: DateWindow }> {
  const usual = deps.usualWindow();
  const endDate = request.endDate ?? usual.endDate;
  const startDate = request.startDate ?? [usual.startDate, endDate].sort()[0]!;
  if (endDate < startDate) throw new PermanentError(`The window ends (${endDate}) before it starts (${startDate})`);

  const agencies = request.agencies ?? deps.usualAgencies;
  if (agencies) {
    const unknown = await listUnknownAgencies(deps.db, agencies);
    if (unknown.length)
      throw new PermanentError(`Unknown agency: ${unknown.join(', ')}. "destaques agencies" lists them`);
  }
  const sources = await listActiveSources(deps.db, agencies);
  if (sources.length === 0) {
    throw new PermanentError(
      `No active source${agencies ? ` of ${agencies.join(', ')}` : ''}: is the catalogue imported?`,
    );
  }
  const isOpen = request.startDate === undefined && request.endDate === undefined;
  return {
    sources: sources.map((source) => ({ ...source, startDate: isOpen ? catchUpFrom(source, startDate) : startDate })),
    window: { startDate, endDate },
  };
}

function catchUpFrom({ lastSuccessAt }: ActiveSource, startDate: string): string {
  if (lastSuccessAt === null) return startDate;
  const since = saoPauloDay(lastSuccessAt);
  if (since >= startDate) return startDate;
  return [since, addDays(startDate, -maxCatchUpDays)].sort().at(-1)!;
}

/** Publishes one `requested` message per source: a failing source delays no other. */
export async function dispatch(
  request: DispatchRequest,
  context: StageContext,
  deps: DispatchDeps,
): Promise<DispatchResult> {
  const { sources, window } = await planSources(request, deps);
  await deps.publisher.publish(
    sources.map((source) => ({
      topic: 'requested' as const,
      data: {
        agency_key: source.agencyKey,
        source_url: source.sourceUrl,
        platform: source.platform,
        start_date: source.startDate,
        end_date: window.endDate,
        ...(request.allowUpdate ? { allow_update: true } : {}),
      } satisfies ScrapeMessage,
      attributes: context.attributes,
    })),
  );
  return { sourceCount: sources.length, ...window };
}
