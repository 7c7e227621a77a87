import robotsParser from 'robots-parser';
import { RefusedUrlError } from '../errors.ts';

/** What RFC 9309 (section 2.5) asks a crawler to read at least; the rest of a longer file is not read. */
export const MAX_ROBOTS_BYTES = 500 * 1024;

const MAX_CRAWL_DELAY_MS = 10_000;
const MAX_AGE_MS = 3_600_000;
/** Rules that cannot be renewed are followed for so long (RFC 9309, section 2.4). */
const MAX_STALE_MS = 24 * 3_600_000;
/** After a failure the file is asked for again no sooner. */
const PAUSE_AFTER_FAILURE_MS = 30_000;
const MAX_ENTRIES = 500;
/** Of all patterns with wildcards together: holding a URL against them takes its length times theirs. */
const MAX_WILDCARD_LENGTH = 20_000;

/** What the robots.txt files of hosts allow. */
export interface Robots {
  /**
   * The Crawl-delay of the host in milliseconds, at most 10 s; 0 without one.
   *
   * @param fetchText gives the text of a robots.txt, or null where there is none.
   * @throws {RefusedUrlError} when the URL is disallowed.
   * @throws what `fetchText` throws: rules that nobody can read allow nothing.
   */
  check(url: URL, userAgent: string, fetchText: (url: string) => Promise<string | null>): Promise<number>;
}

// The package exports the function itself and declares it as its default.
const parseRobots = robotsParser as unknown as typeof robotsParser.default;
type Rules = ReturnType<typeof parseRobots>;

interface Entry {
  rules: Promise<Rules>;
  renewAtMs: number;
  /** When the rules were read; null while they never were. */
  readAtMs: number | null;
}

/** The text without the patterns that would make an attack of it. */
function withoutExcess(text: string): string {
  let wildcardLength = 0;
  const lines = text.split(/\r\n|\r|\n/).filter((line) => {
    if (!/^\s*(?:dis)?allow\s*:[^#*]*\*/i.test(line)) return true;
    wildcardLength += line.length;
    return wildcardLength <= MAX_WILDCARD_LENGTH;
  });
  return lines.join('\n');
}

/** Reads robots.txt files and keeps them in memory for an hour: shared by all runs of an instance. */
export function createRobots({ now = Date.now }: { now?: () => number } = {}): Robots {
  const entries = new Map<string, Entry>();

  function renew(origin: string, stale: Entry | undefined, fetchText: (url: string) => Promise<string | null>): Entry {
    const url = `${origin}/robots.txt`;
    const entry: Entry = { rules: read(), renewAtMs: now() + MAX_AGE_MS, readAtMs: null };
    async function read(): Promise<Rules> {
      try {
        const text = await fetchText(url);
        entry.readAtMs = now();
        return parseRobots(url, withoutExcess(text ?? ''));
      } catch (error) {
        entry.renewAtMs = now() + PAUSE_AFTER_FAILURE_MS;
        const readAtMs = stale?.readAtMs ?? Number.NEGATIVE_INFINITY;
        if (!stale || readAtMs + MAX_STALE_MS < now()) throw error;
        entry.readAtMs = readAtMs;
        return stale.rules;
      }
    }
    return entry;
  }

  return {
    async check(url, userAgent, fetchText) {
      const key = `${url.origin} ${userAgent}`;
      let entry = entries.get(key);
      entries.delete(key);
      if (!entry || entry.renewAtMs <= now()) entry = renew(url.origin, entry, fetchText);
      // The one used last stands last; the first one goes.
      entries.set(key, entry);
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!);
      const rules = await entry.rules;
      if (rules.isDisallowed(url.href, userAgent)) throw new RefusedUrlError(url.href, 'robots.txt disallows it');
      const delaySeconds = rules.getCrawlDelay(userAgent) ?? 0;
      return Math.min(Math.max(delaySeconds * 1000, 0), MAX_CRAWL_DELAY_MS);
    },
  };
}
