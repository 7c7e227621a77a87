import { Command, InvalidArgumentError } from 'commander';
import { startEnricher } from './enricher.ts';
import { startHub } from './hub.ts';
import { startSites } from './sites/server.ts';
import { SAMPLE_SOURCES } from './sites/sources.ts';
import { startTypesense } from './typesense.ts';

/** What runs until Ctrl-C, and what a person needs to know to use it. */
interface Running {
  guide: string;
  close(): Promise<void>;
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

function weight(text: string): 'light' | 'real' {
  if (text === 'light' || text === 'real') return text;
  throw new InvalidArgumentError('It must be light or real.');
}

interface SitesArguments {
  port: number;
  articles: number;
  seed: number;
  broken: number;
  days: number;
  weight: 'light' | 'real';
  latency: number;
}

async function runSites({ latency, ...options }: SitesArguments): Promise<Running> {
  const sites = await startSites({ ...options, latencyMs: latency });
  const address = `http://127.0.0.1:${sites.port}`;
  const { host, pathname } = new URL(SAMPLE_SOURCES[0]!.listingUrl);
  const guide = `The sample site is at ${address}: ${sites.articles.length} articles from ${sites.firstDay} to ${sites.lastDay}, ${sites.brokenUrls.length} broken pages.
  read   curl -H 'Host: ${host}' ${address}${pathname}
  list   curl '${address}/_stand-in/articles?limit=10'
  edit   curl -X PATCH -d '{"title": "Novo título"}' ${address}/_stand-in/articles/0`;
  return { guide, close: sites.close };
}

async function runTypesense({ port, apiKey }: { port: number; apiKey: string }): Promise<Running> {
  const { url, close } = await startTypesense({ port, apiKey });
  return { guide: `Typesense, as far as the project uses it, is at ${url} with the API key ${apiKey}.`, close };
}

async function runEnricher({ port, apiKey }: { port: number; apiKey: string }): Promise<Running> {
  const { url, close } = await startEnricher({ port, apiKey });
  return { guide: `An enricher whose answers follow from the text is at ${url} with the key ${apiKey}.`, close };
}

async function runHub({ port, data, token }: { port: number; data: string; token: string }): Promise<Running> {
  const { url, close } = await startHub({ port, token, dataDir: data });
  const guide = `The Hugging Face Hub, as far as datasets need it, is at ${url} with the token ${token}; it keeps them in ${data}.
  read   curl ${url}/api/datasets/NAMESPACE/NAME/tree/main
  use    HF_ENDPOINT=${url} HF_TOKEN=${token} HF_HUB_DISABLE_XET=1 python3 …
  fail   curl -d '{"step": "commit", "status": 429, "count": 2}' ${url}/_stand-in/fail-at`;
  return { guide, close };
}

/** Starts a stand-in and keeps it until the process is told to end. */
function keepRunning<T>(start: (options: T) => Promise<Running>) {
  return async (options: T) => {
    const { guide, close } = await start(options);
    console.log(`${guide}\nCtrl-C ends it.`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
  };
}

const program = new Command('stand-in')
  .description('Servers on 127.0.0.1 that stand in for the outside world')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('sites')
  .description('the agency sites, with generated news')
  .option('--port <number>', 'port to listen on', wholeNumber(0, 65_535), 8090)
  .option('--articles <number>', 'articles that can be read', wholeNumber(0, 100_000), 200)
  .option('--seed <number>', 'the same seed gives the same articles', wholeNumber(0, 2 ** 31), 1)
  .option('--broken <number>', 'pages that are listed and cannot be read', wholeNumber(0, 1_000), 3)
  .option(
    '--days <number>',
    'days that the articles are spread over, the last one yesterday',
    wholeNumber(1, 3_650),
    14,
  )
  .option('--weight <light|real>', 'frame of the pages: small, or as heavy as the real ones', weight, 'light')
  .option('--latency <ms>', 'how long every answer takes', wholeNumber(0, 60_000), 0)
  .action(keepRunning(runSites));

program
  .command('typesense')
  .description('the search index, in memory')
  .option('--port <number>', 'port to listen on', wholeNumber(0, 65_535), 8108)
  .option('--api-key <key>', 'key that clients have to send', 'stand-in')
  .action(keepRunning(runTypesense));

program
  .command('enricher')
  .description('the service that finds themes and writes summaries')
  .option('--port <number>', 'port to listen on', wholeNumber(0, 65_535), 8091)
  .option('--api-key <key>', 'key that clients have to send', 'stand-in')
  .action(keepRunning(runEnricher));

program
  .command('hub')
  .description('the Hugging Face Hub, for datasets')
  .option('--port <number>', 'port to listen on', wholeNumber(0, 65_535), 8095)
  .requiredOption('--data <folder>', 'where it keeps repositories, and finds those of earlier runs')
  .option('--token <token>', 'token that clients have to send to write', 'hf_test')
  .action(keepRunning(runHub));

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
