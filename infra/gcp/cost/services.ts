import type { Environment } from '../environment.ts';
import { synthesize } from '../synthesize.ts';
import type { Topology } from '../topology.ts';
import { type CostLine, kibPerGib, line } from './line.ts';
import { freeTier, prices } from './prices.ts';
import { assumptions, type Volume, workOf } from './workload.ts';

/** All that is neither a function nor a store: most of it is free at the volumes of a news archive. */
export function serviceLines(topology: Topology, environment: Environment, volume: Volume): CostLine[] {
  const config = synthesize(topology, environment);
  const count = (type: string) => Object.keys(config.resource[type] ?? {}).length;
  const { daysPerMonth } = assumptions;
  const articles = volume.articlesPerDay * daysPerMonth;
  const requests = workOf('scrape', 0, volume).calls;
  // Half of what a year brings; later pages move to cheaper classes.
  const pagesGib = ((articles * 12) / 2) * (assumptions.pageKib / kibPerGib);
  // A kilobyte is the least that a message counts, once when it is published and once when it is delivered.
  const pubsubGib = ((articles * assumptions.deliveriesPerArticle + requests) * 2) / kibPerGib;
  const logGib = ((articles * 5 + requests) * assumptions.logKib) / kibPerGib;
  const conditions = Object.values(config.resource.google_monitoring_alert_policy ?? {}).flatMap(
    (policy) => policy.conditions as object[],
  ).length;
  const checks = topology.alerts.reduce(
    (sum, { condition }) =>
      condition.kind === 'status' ? sum + (3 * daysPerMonth * 86_400) / condition.everySeconds : sum,
    0,
  );
  return [
    line(
      'raw pages',
      `${pagesGib.toFixed(1)} GiB in the middle of a year`,
      pagesGib * prices.storageGib.usd + (articles / 1000) * prices.storageThousandWrites.usd,
    ),
    line(
      'Pub/Sub',
      `${pubsubGib.toFixed(1)} GiB`,
      ((pubsubGib - freeTier.pubsubGib) / 1024) * prices.pubsubTib.usd +
        (pubsubGib / 2) * prices.pubsubRetainedGib.usd * (7 / daysPerMonth),
    ),
    line(
      'Cloud Scheduler',
      `${count('google_cloud_scheduler_job')} jobs`,
      (count('google_cloud_scheduler_job') - freeTier.schedulerJobs) * prices.schedulerJob.usd,
    ),
    line(
      'secrets',
      `${count('google_secret_manager_secret')} versions`,
      (count('google_secret_manager_secret') - freeTier.secretVersions) * prices.secretVersion.usd,
    ),
    line(
      'images',
      `${assumptions.imagesGib} GiB`,
      (assumptions.imagesGib - freeTier.registryGib) * prices.registryGib.usd,
    ),
    line('logs', `${logGib.toFixed(1)} GiB`, (logGib - freeTier.logGib) * prices.logGib.usd),
    line('alerts', `${conditions} conditions`, conditions * prices.alertCondition.usd),
    line(
      'uptime checks',
      `${Math.round(checks)} checks`,
      ((checks - freeTier.checks) / 1000) * prices.thousandChecks.usd,
    ),
    line(
      'network',
      `${assumptions.egressGib} GiB out`,
      (assumptions.egressGib - freeTier.egressGib) * prices.egressGib.usd,
    ),
  ];
}
