import type { SourceActivity } from './sql/source-health.ts';

/** What needs a person's eye, the worst first. */
export const sourceFlags = ['held', 'failing', 'stuck', 'stale', 'never_run', 'low'] as const;
/**
 * - `held`: the breaker stopped it until an operator releases it
 * - `failing`: its last run failed
 * - `stuck`: a run neither ends nor is followed by one that does
 * - `stale`: it published nothing for three times its usual gap
 * - `never_run`: nobody has asked for it yet
 * - `low`: in seven days it published less than a quarter of what it usually does
 */
export type SourceFlag = (typeof sourceFlags)[number];

/** A source with what is wrong with it; without a flag it is well, or disabled. */
export interface SourceHealth extends SourceActivity {
  /** The worst first. */
  flags: SourceFlag[];
}

/** How many active sources there are, and how many of them have what. */
export interface SourceCounts {
  active: number;
  failing: number;
  stale: number;
  held: number;
  /** Those that were never run too. */
  never_succeeded: number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A run is bounded by the ack deadline of its message, which is ten minutes. */
const stuckAfterMs = 20 * minuteMs;
/** For a source with too few articles to tell. */
const unknownGapDays = 30;
/** Fewer than these in a week say nothing by their number. */
const minUsualPerWeek = 10;

/** Judges every source, the worst first. Disabled ones have no flags. */
export function judgeSources(activities: readonly SourceActivity[], now: Date): SourceHealth[] {
  const severity = ({ flags: [worst] }: SourceHealth) => (worst ? sourceFlags.indexOf(worst) : sourceFlags.length);
  return activities
    .map((activity) => ({ ...activity, flags: flagsOf(activity, now) }))
    .sort(
      (a, b) =>
        severity(a) - severity(b) ||
        b.consecutive_failures - a.consecutive_failures ||
        (quietSince(a)?.getTime() ?? 0) - (quietSince(b)?.getTime() ?? 0) ||
        (a.url < b.url ? -1 : 1),
    );
}

/** Counts what `judgeSources` found. */
export function countSources(sources: readonly SourceHealth[]): SourceCounts {
  const active = sources.filter((source) => source.is_active);
  const flagged = (flag: SourceFlag) => active.filter(({ flags }) => flags.includes(flag)).length;
  return {
    active: active.length,
    failing: flagged('failing'),
    stale: flagged('stale'),
    held: flagged('held'),
    never_succeeded: active.filter((source) => source.last_success_at === null).length,
  };
}

function flagsOf(source: SourceActivity, now: Date): SourceFlag[] {
  if (!source.is_active) return [];
  const isFlagged: Record<SourceFlag, boolean> = {
    held: isHeld(source),
    failing: source.consecutive_failures > 0,
    stuck: source.running_since !== null && now.getTime() - source.running_since.getTime() > stuckAfterMs,
    stale: isStale(source, now),
    never_run: source.first_run_at === null,
    low: isLow(source),
  };
  return sourceFlags.filter((flag) => isFlagged[flag]);
}

/** Whether the breaker holds a source, and no operator has let its next run through since. */
export function isHeld({ held_at: heldAt, released_at: releasedAt }: Pick<SourceActivity, 'held_at' | 'released_at'>) {
  return heldAt !== null && (releasedAt === null || releasedAt < heldAt);
}

/** The longest silence of a source that is no sign of trouble, in days. */
export function longestUsualGapDays({ usual_gap_days: gapDays }: Pick<SourceActivity, 'usual_gap_days'>): number {
  return 3 * Math.max(1, gapDays ?? unknownGapDays);
}

function isStale(source: SourceActivity, now: Date): boolean {
  const since = quietSince(source);
  return since !== null && now.getTime() - since.getTime() > longestUsualGapDays(source) * dayMs;
}

/** Without an article within a year, a source is quiet since it was asked for the first time. */
function quietSince(source: SourceActivity): Date | null {
  return source.newest_article_at ?? source.first_run_at;
}

function isLow({ articles_7d: articles, usual_articles_per_day: usualPerDay }: SourceActivity): boolean {
  const usual = usualPerDay * 7;
  return usual >= minUsualPerWeek && articles < usual / 4;
}
