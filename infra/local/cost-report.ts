import { type Bill, monthlyBill } from '../gcp/cost/bill.ts';
import { backfillUsd } from '../gcp/cost/functions.ts';
import { sizedFor } from '../gcp/cost/limits.ts';
import { prices } from '../gcp/cost/prices.ts';
import type { Volume } from '../gcp/cost/workload.ts';
import { type EnvironmentName, openEnvironment } from '../gcp/environment.ts';
import { topologyOf } from '../gcp/topology.ts';

/** What the predecessor states that it costs a month, in US dollars. */
const predecessorUsd = { from: 250, to: 305 } as const;
const factors = [1, 10, 100] as const;
const indexes = ['postgres', 'typesense'] as const;

/** The bills of one volume and its multiples, with each search index. */
export interface CostReport {
  volume: Volume;
  predecessor_usd: { from: number; to: number };
  /** Once, for the vectors of the archive. */
  backfill_usd: number;
  bills: (Bill & { search_index: (typeof indexes)[number]; factor: number; servers: string[] })[];
}

/** @throws {ConfigError} when a setting is out of its bounds. */
export function compareCosts(
  volume: Volume,
  options: { env: EnvironmentName; settings: Readonly<Record<string, string>> },
): CostReport {
  const environments = indexes.map((index) =>
    openEnvironment(options.env, { ...options.settings, 'search.index': index }),
  );
  const bills = environments.flatMap((environment) =>
    factors.map((factor) => {
      const times = { ...volume, articlesPerDay: volume.articlesPerDay * factor };
      // As it is set, and for more than that as it would have to be.
      const sized = factor === 1 ? environment : sizedFor(times, environment);
      const { database, search } = sized;
      const servers = [database.tier, ...(search.index === 'typesense' ? [search.machineType] : [])];
      return { search_index: search.index, factor, servers, ...monthlyBill(topologyOf(sized), sized, times) };
    }),
  );
  const topology = topologyOf(environments[0]!);
  return { volume, predecessor_usd: predecessorUsd, backfill_usd: backfillUsd(topology, volume), bills };
}

/** The report for people. */
export function describeCosts({ volume, predecessor_usd, backfill_usd, bills }: CostReport): string {
  const [postgres, ...others] = bills;
  const typesense = bills.find(({ search_index, factor }) => search_index === 'typesense' && factor === 1)!;
  const own = new Set(postgres!.lines.map(({ resource }) => resource));
  const extra = typesense.lines.filter(({ resource }) => !own.has(resource));
  const estimates = Object.values(prices).filter(({ basis }) => basis === 'estimate').length;
  return [
    `${volume.articlesPerDay} articles a day, ${volume.archive} in the archive; US dollars a month`,
    '',
    ...postgres!.lines.map(describeLine),
    describeLine({ resource: 'total, search in Postgres', quantity: '', usd: postgres!.usd }),
    '',
    ...extra.map(describeLine),
    describeLine({ resource: 'total, search in Typesense', quantity: '', usd: typesense.usd }),
    '',
    `The predecessor states ${predecessor_usd.from} to ${predecessor_usd.to}. The vectors of the archive cost ${backfill_usd.toFixed(2)} once.`,
    '',
    ...[postgres!, ...others].flatMap(({ search_index, factor, servers, usd, limits }) => [
      `${factor} × with ${search_index} (${servers.join(', ')}): ${usd.toFixed(2)}`,
      ...limits.map((limit) => `  limit: ${limit}`),
    ]),
    '',
    `Prices: infra/gcp/cost/prices.ts, ${Object.values(prices)[0]!.asOf}; ${estimates} of ${Object.keys(prices).length} are estimates for São Paulo. Assumptions: infra/gcp/cost/workload.ts.`,
  ].join('\n');
}

function describeLine({ resource, quantity, usd }: { resource: string; quantity: string; usd: number }): string {
  return `${usd.toFixed(2).padStart(9)}  ${resource}${quantity ? ` (${quantity})` : ''}`;
}
