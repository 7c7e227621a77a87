import { countSources, longestUsualGapDays, type SourceFlag, type SourceHealth } from '../../shared/source-health.ts';

/** The health of sources as a person likes to read it: those that need an eye, or all, and a line of totals. */
export function formatSourceHealth(sources: readonly SourceHealth[], options: { all?: boolean }): string {
  const shown = options.all ? sources : sources.filter(({ flags }) => flags.length > 0);
  const { active, failing, stale, held, never_succeeded: neverSucceeded } = countSources(sources);
  const well = sources.filter(({ is_active: isActive, flags }) => isActive && flags.length === 0).length;
  const totals =
    `${active} active sources: ${well} well, ${failing} failing, ${stale} stale, ${held} held, ` +
    `${neverSucceeded} without a success so far`;
  return [...shown.map(describeSource), totals].join('\n');
}

function describeSource(source: SourceHealth): string {
  const { flags, agency_key: agency, url, is_active: isActive } = source;
  const state = flags.map((flag) => flag.replace('_', ' ')).join(', ') || (isActive ? 'well' : 'disabled');
  const details = [...flags.map((flag) => causes[flag](source)), ...(isActive ? figures(source) : disabled(source))];
  return [`${state}: ${agency} ${url}`, ...details.filter(Boolean).map((line) => `  ${line}`)].join('\n');
}

const causes: Record<SourceFlag, (source: SourceHealth) => string> = {
  held: ({ held_at: heldAt, held_reason: reason, url }) =>
    `held since ${minute(heldAt)}${reason ? `: ${oneLine(reason)}` : ''} ("sources release ${url}" lets the next run through)`,
  failing: ({ consecutive_failures: count, failing_since: since, last_category: category, last_error: error }) =>
    `${count} failed ${count === 1 ? 'run' : 'runs in a row'} since ${minute(since)}: ` +
    [category, error && oneLine(error)].filter(Boolean).join(', '),
  stuck: ({ running_since: since }) => `a run of ${minute(since)} never ended`,
  stale: (source) =>
    `nothing new for over ${round(longestUsualGapDays(source))} days, three times its usual gap` +
    (source.usual_gap_days === null ? ' (taken as 30 days: it has too few articles to tell)' : ''),
  never_run: () => 'no run so far',
  low: () => 'less than a quarter of its usual articles in 7 days',
};

function figures(source: SourceHealth): string[] {
  const { last_success_at: success, newest_article_at: newest, usual_articles_per_day: usual } = source;
  if (!source.first_run_at && !newest) return [];
  return [
    `last success ${success ? minute(success) : 'never'}, newest article ${newest ? minute(newest) : 'none within a year'}, ` +
      `${source.articles_24h} in 24 h (usual ${round(usual)}), ${source.articles_7d} in 7 days (usual ${round(usual * 7)})`,
  ];
}

function disabled({ disabled_at: disabledAt, disabled_reason: reason }: SourceHealth): string[] {
  return [[disabledAt && `since ${minute(disabledAt)}`, reason && oneLine(reason)].filter(Boolean).join(': ')];
}

function minute(instant: Date | null): string {
  return instant ? `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'an unknown time';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What a site made us write stays one line, of characters that a terminal only shows. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
