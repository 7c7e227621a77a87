import assert from 'node:assert/strict';
import { load } from 'cheerio';

/**
 * CPU seconds of this process since the call, whatever else the machine does. For tests that a hostile input costs no
 * quadratic time: their bound lies far above what linear work takes, and far below the minutes of anything worse.
 */
export function startCpuClock(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
}

/** The bound of such tests, in CPU seconds of a calm machine. */
export const hostileInputSeconds = 20;

/** What parsing the reference page takes on a calm machine, in CPU seconds. */
const REFERENCE_SECONDS = 0.1;
const REFERENCE_PAGE = '<p class="a">uma <b>palavra</b>, &amp; outra</p>'.repeat(5000);

/**
 * The seconds in those of a calm machine. A crowded one, and measuring coverage, make the same work take many times as
 * long: a reference is timed at once, in the same process.
 */
export function calmSeconds(seconds: number): number {
  const cpuSeconds = startCpuClock();
  load(REFERENCE_PAGE)('b').text();
  return seconds / Math.max(1, cpuSeconds() / REFERENCE_SECONDS);
}

/** Fails when the seconds are more than allowed, on a calm machine. */
export function assertCpuSeconds(seconds: number, max: number, what: string): void {
  assert.ok(seconds <= max || calmSeconds(seconds) <= max, `${what}: ${seconds} s`);
}
