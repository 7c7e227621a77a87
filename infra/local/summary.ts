import { relative } from 'node:path';
import type { DemoResult } from './demo.ts';

/** A run of the demo as a person likes to read it. */
export function formatSummary(result: DemoResult): string {
  const { changed, latency_ms: latency } = result;
  const stage = (name: string, count: number) =>
    `  ${name.padEnd(12)}${String(count).padStart(7)}  ${bar(count, result.articles)}`;
  const isUnchanged = changed.versions + changed.messages + changed.shards === 0;
  return [
    '',
    `Articles, from ${result.source === 'live' ? 'the live sites' : 'the sample site'}`,
    stage('scraped', result.articles),
    stage('enriched', result.enriched),
    stage('embedded', result.embedded),
    stage('searchable', result.synced),
    stage('exported', result.exported_rows),
    '',
    latency.p50 === null
      ? 'Scraped to searchable: nothing new in this run'
      : `Scraped to searchable: p50 ${duration(latency.p50)}, p95 ${duration(latency.p95!)}  (search in ${result.search_index})`,
    isUnchanged
      ? 'Changed by this run: nothing'
      : `Changed by this run: ${changed.versions} versions, ${changed.messages} messages, ${changed.shards} shards`,
    '',
    ...(result.sources.failed ? [`Sources that failed: ${result.sources.failed} of ${result.sources.asked}`] : []),
    `Failures: ${result.dead_letters}${result.dead_letters ? ', kept in quarantine' : ''}`,
    ...result.failures.map(({ stage, error }) => `  ${stage}: ${error}`),
    '',
    `Open data: ${result.shards.length} Parquet ${result.shards.length === 1 ? 'shard' : 'shards'}`,
    ...shown(result.shards.map((path) => `  ${relative(process.cwd(), path)}`)),
    '',
    `Search for "${result.query}"`,
    ...(result.results.length
      ? result.results.map(
          ({ title, url, score }, index) => `  ${index + 1}. ${title}\n     ${url}  (${score.toFixed(4)})`,
        )
      : ['  nothing found']),
    '',
    `${result.seconds} s, peak memory ${result.peak_rss_mb} MB, ${result.database}`,
  ].join('\n');
}

const barWidth = 30;
const shownPaths = 6;

function bar(count: number, total: number): string {
  const filled = total === 0 ? 0 : Math.round((count / total) * barWidth);
  return '█'.repeat(filled) + '░'.repeat(Math.max(0, barWidth - filled));
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function shown(lines: string[]): string[] {
  if (lines.length <= shownPaths) return lines;
  return [...lines.slice(0, shownPaths - 1), `  … and ${lines.length - shownPaths + 1} more`];
}
