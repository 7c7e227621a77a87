import { type Command, Option } from 'commander';
import { platforms } from '../../../shared/platform.ts';
import { parseUserAgent } from '../options.ts';
import type { ProbeSourceOptions } from '../probe-source.ts';
import { addNewsSourceOptions } from './news-source-options.ts';

/** `sources probe` */
export function addProbeCommand(sources: Command): void {
  const probe = sources
    .command('probe')
    .description('show what a listing looks like to a run: its engine and why, its dates, its first three articles')
    .argument('<url>', 'first page of the listing, https; it need not be a source')
    .option('--agency <key>', 'whose news it lists (default: found by the address)')
    .addOption(new Option('--platform <platform>', 'try this engine first').choices(platforms))
    .option('--user-agent <text>', 'what to call ourselves there, if the site rejects the usual name', parseUserAgent)
    .option('--json', 'print one object')
    .addHelpText('after', '\nNothing is stored and no database is opened. Exits with 1 when no listing could be read.');

  addNewsSourceOptions(probe).action(async (url: string, options: ProbeSourceOptions & { json?: boolean }) => {
    const { createProgress } = await import('../progress.ts');
    const { probeSource } = await import('../probe-source.ts');
    const progress = createProgress();
    const report = await probeSource(url, options, (text) => progress.done(text));
    if (options.json) console.log(JSON.stringify(report, null, 2));
    else {
      const { formatProbe } = await import('../probe-report.ts');
      console.log(formatProbe(report));
    }
    if (report.failure) throw new Error(`${report.failure.category}: ${report.failure.reason}`);
  });
}
