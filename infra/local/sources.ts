import { sourceUrl } from '../../shared/catalogue/fields.ts';
import type { Database } from '../../shared/database.ts';
import type { Platform } from '../../shared/platform.ts';
import { describeIssues } from '../../shared/schema-messages.ts';
import { isHeld } from '../../shared/source-health.ts';
import {
  disableSource,
  enableSource,
  insertSource,
  listSourceStates,
  releaseSource,
  type SourceState,
} from '../../shared/sql/sources.ts';
import { checkAgencies } from './agencies.ts';
import { UsageError } from './errors.ts';

export interface NewSource {
  agency: string;
  platform?: Platform;
  userAgent?: string;
}

/**
 * Adds a source that is scraped from the next dispatch on; returns what was done, for people.
 *
 * @throws {UsageError} when the address is none of a listing or is known already, or nobody knows the agency.
 */
export async function addSource(db: Database, address: string, source: NewSource): Promise<string> {
  const parsed = sourceUrl.safeParse(address);
  if (!parsed.success) throw new UsageError(`${address} ${describeIssues(parsed.error.issues)}`);
  const url = parsed.data;
  await checkAgencies(db, [source.agency]);
  const row = {
    agency_key: source.agency,
    url,
    platform: source.platform ?? null,
    user_agent: source.userAgent || null,
  };
  if (await insertSource(db, row)) return `added ${url} of ${source.agency}`;
  const known = await findSource(db, url);
  throw new UsageError(`${url} is already a source of ${known.agency_key} (${describeState(known)})`);
}

/** @throws {UsageError} when no source has the address. */
export async function turnOn(db: Database, address: string, userAgent?: string): Promise<string> {
  const { url, is_active: isActive } = await findSource(db, address);
  await enableSource(db, url, userAgent === undefined ? undefined : userAgent || null);
  const done = isActive ? `${url} is already enabled` : `enabled ${url}`;
  if (userAgent === undefined) return done;
  return `${done}; its user agent is ${userAgent ? `now ${userAgent}` : 'the usual one'}`;
}

/** @throws {UsageError} when no source has the address, or the reason says nothing. */
export async function turnOff(db: Database, address: string, reason: string): Promise<string> {
  if (!reason.trim()) throw new UsageError('--reason must not be empty');
  const { url, is_active: isActive } = await findSource(db, address);
  await disableSource(db, url, reason.trim());
  return isActive ? `disabled ${url}` : `${url} is already disabled: the reason is noted`;
}

/** @throws {UsageError} when no source has the address. */
export async function release(db: Database, address: string): Promise<string> {
  const source = await findSource(db, address);
  const { url, held_at: heldAt, held_reason: reason } = source;
  if (!heldAt) return `${url} is not held`;
  if (!isHeld(source)) return `${url} is already released: what was due then is let through`;
  await releaseSource(db, url);
  return `released ${url}, held since ${heldAt.toISOString()}${reason ? ` (${reason})` : ''}: what is due now is let through`;
}

/** What state a source is in, on one line. */
export function describeState(source: SourceState): string {
  const { is_active: isActive, disabled_at: disabledAt, disabled_reason: disabledReason } = source;
  if (!isActive) return withReason('disabled', disabledAt, disabledReason);
  if (isHeld(source)) return withReason('held', source.held_at, source.held_reason);
  return source.held_at ? 'released' : 'active';
}

function withReason(state: string, since: Date | null, reason: string | null): string {
  return `${state}${since ? ` since ${since.toISOString().slice(0, 10)}` : ''}${reason ? `: ${reason}` : ''}`;
}

async function findSource(db: Database, address: string): Promise<SourceState> {
  const sources = await listSourceStates(db);
  const found = sources.find(({ url }) => comparable(url) === comparable(address));
  if (found) return found;
  const nearest = nearestTexts(
    address,
    sources.map(({ url }) => url),
  );
  const hint = nearest.length ? `; the nearest are ${nearest.join(', ')}` : '';
  throw new UsageError(`${address} is not a source${hint}`);
}

function comparable(address: string): string {
  const url = address.trim();
  return (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '');
}

const maxNearest = 3;

/** Those of the candidates that share most pairs of characters with a text. */
function nearestTexts(text: string, candidates: readonly string[]): string[] {
  const wanted = pairs(text);
  const likeness = (candidate: string) => {
    const found = pairs(candidate);
    return [...wanted].filter((pair) => found.has(pair)).length / (wanted.size + found.size);
  };
  return candidates
    .map((candidate) => ({ candidate, score: likeness(candidate) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, maxNearest)
    .map(({ candidate }) => candidate);
}

/** What all addresses have in common says nothing about which one is meant. */
function pairs(text: string): Set<string> {
  const letters = text.toLowerCase().replace(/^https?:\/\/(www\.gov\.br\/)?/, '');
  return new Set(Array.from({ length: Math.max(0, letters.length - 1) }, (_, i) => letters.slice(i, i + 2)));
}
