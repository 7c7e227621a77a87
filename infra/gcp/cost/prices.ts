/** One price of Google's public lists, in US dollars. */
export interface Price {
  usd: number;
  per: string;
  source: string;
  /** Month in which it was looked at. */
  asOf: string;
  /** `list`: as the page had it. `estimate`: the list price of Iowa by the usual factor of São Paulo, to be checked. */
  basis: 'list' | 'estimate';
}

const asOf = '2026-11';
const list = (usd: number, per: string, source: string): Price => ({ usd, per, source, asOf, basis: 'list' });
const estimate = (usd: number, per: string, source: string): Price => ({
  ...list(usd, per, source),
  basis: 'estimate',
});

const run = 'https://cloud.google.com/run/pricing';
const sql = 'https://cloud.google.com/sql/pricing';
const compute = 'https://cloud.google.com/compute/all-pricing';
const storage = 'https://cloud.google.com/storage/pricing';
const observability = 'https://cloud.google.com/stackdriver/pricing';

/**
 * Prices in southamerica-east1. They were written down without a network at hand, from what is publicly known of the
 * lists: read them against the sources before a decision hangs on them.
 */
export const prices = {
  runVcpuSecond: list(0.0000336, 'vCPU-second, tier 2, while requests are answered', run),
  runGibSecond: list(0.0000035, 'GiB-second, tier 2, while requests are answered', run),
  runIdleSecond: list(0.0000035, 'vCPU-second or GiB-second of a kept instance', run),
  runMillionRequests: list(0.4, 'million requests', run),
  sqlVcpuHour: estimate(0.062, 'vCPU-hour, Enterprise', sql),
  sqlGibHour: estimate(0.0105, 'GiB-hour of memory, Enterprise', sql),
  sqlMicroHour: estimate(0.0158, 'hour of db-f1-micro', sql),
  sqlSmallHour: estimate(0.0525, 'hour of db-g1-small', sql),
  sqlSsdGib: estimate(0.255, 'GiB of SSD and month', sql),
  sqlBackupGib: estimate(0.12, 'GiB of backup and month', sql),
  e2VcpuHour: estimate(0.0346, 'vCPU-hour of an E2 machine', compute),
  e2GibHour: estimate(0.00464, 'GiB-hour of an E2 machine', compute),
  diskGib: estimate(0.15, 'GiB of balanced disk and month', compute),
  snapshotGib: estimate(0.075, 'GiB of snapshot and month', compute),
  egressGib: list(0.12, 'GiB to the internet', 'https://cloud.google.com/vpc/network-pricing'),
  storageGib: list(0.035, 'GiB and month, Standard', storage),
  storageNearlineGib: list(0.02, 'GiB and month, Nearline', storage),
  storageThousandWrites: list(0.005, 'thousand writes', storage),
  pubsubTib: list(40, 'TiB published or delivered', 'https://cloud.google.com/pubsub/pricing'),
  pubsubRetainedGib: list(0.27, 'GiB retained and month', 'https://cloud.google.com/pubsub/pricing'),
  schedulerJob: list(0.1, 'job and month', 'https://cloud.google.com/scheduler/pricing'),
  secretVersion: list(0.06, 'active version and month', 'https://cloud.google.com/secret-manager/pricing'),
  registryGib: list(0.1, 'GiB and month', 'https://cloud.google.com/artifact-registry/pricing'),
  logGib: list(0.5, 'GiB of logs', observability),
  alertCondition: list(0.1, 'condition of an alert and month', observability),
  thousandChecks: list(0.3, 'thousand uptime checks', observability),
} as const satisfies Record<string, Price>;

/** What a month has free, by billing account. Cloud Run's is worth its prices in tier 1. */
export const freeTier = {
  runVcpuSeconds: 180_000,
  runGibSeconds: 360_000,
  runRequests: 2_000_000,
  tier1VcpuSecondUsd: 0.000024,
  tier1GibSecondUsd: 0.0000025,
  schedulerJobs: 3,
  secretVersions: 6,
  pubsubGib: 10,
  registryGib: 0.5,
  logGib: 50,
  checks: 1_000_000,
  egressGib: 1,
} as const;
