import type { Failure } from '../../functions/scrape/read/extract.ts';
import { formatRecord, visible } from './format-record.ts';
import type { ProbeAttempt, ProbedArticle, ProbedListing } from './probe.ts';
import type { ProbeReport } from './probe-source.ts';

/** What a probe found, for people; the last line adds the source. */
export function formatProbe(report: ProbeReport): string {
  const { platform, attempts, listing, articles, notes, add } = report;
  const blocks = [
    visible(`${platform ?? 'no listing could be read'}: ${report.url}\nread from ${report.read_from}`),
    ...attempts.map(formatAttempt),
    ...(listing ? [formatListing(listing)] : []),
    ...articles.map((article, index) => formatArticle(article, index + 1, articles.length)),
    [...notes, add].join('\n'),
  ];
  return blocks.join('\n\n');
}

function formatFailure({ category, reason }: Failure): string {
  return `${category}: ${reason}`;
}

function formatAttempt(attempt: ProbeAttempt): string {
  const { platform, requested_url: url, final_url: finalUrl, status, failure, item_count: count, signs } = attempt;
  const outcome = failure ? formatFailure(failure) : `${count} items`;
  const answer = [
    status === null ? 'no status' : `status ${status}`,
    attempt.content_type,
    attempt.size_bytes === null ? null : `${attempt.size_bytes} bytes`,
    `${attempt.duration_ms} ms`,
  ];
  const looks =
    attempt.looks_like && `looks like ${attempt.looks_like} (${signs.join(', ') || 'no sign of any other'})`;
  const lines = [
    `tried as ${platform}: ${outcome}`,
    url,
    finalUrl !== null && finalUrl !== url ? `led to ${finalUrl}` : null,
    answer.filter(Boolean).join(', '),
    looks,
  ];
  return visible(lines.filter(Boolean).join('\n  '));
}

function formatListing(listing: ProbedListing): string {
  const { item_count: items, entry_count: entries, first_date: first, last_date: last } = listing;
  const dates =
    first === null
      ? 'no dates'
      : `dates: ${first === last ? first : `${first} to ${last}`}, on ${listing.with_date_count} items, with the time on ${listing.with_time_count}`;
  const lines = [
    `listing: ${items} items${entries > items ? `, of ${entries} entries: the others are no news` : ''}`,
    dates,
    `categories: on ${listing.with_category_count} items; tags: on ${listing.with_tags_count}`,
    `next page: ${listing.next_url ?? 'none'}`,
  ];
  return visible(lines.join('\n  '));
}

function formatArticle(article: ProbedArticle, number: number, count: number): string {
  const { record, failure, listed, content_length: length, published_at_source: source } = article;
  const head = `article ${number} of ${count}`;
  if (!record) return visible(`${head}: ${formatFailure(failure!)}\n  ${listed.title}\n  ${listed.url}`);
  const shown = [...record.content].length;
  const date = source === 'first-seen' ? 'no date: a run would store its own time' : `date from ${source}`;
  const extent = shown < length! ? `the first ${shown} of ${length} characters` : `${length} characters`;
  return `${head}: as it would be stored (${date}; ${extent})\n${formatRecord(record)}${shown < length! ? ' …' : ''}`;
}
