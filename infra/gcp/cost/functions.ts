import type { Environment } from '../environment.ts';
import type { Topology } from '../topology.ts';
import { type CostLine, hoursPerMonth, line } from './line.ts';
import { freeTier, prices } from './prices.ts';
import { assumptions, type Volume, workOf } from './workload.ts';

/** What the functions cost: each by itself, and what Cloud Run has free for all of them. */
export function runLines({ functions }: Topology, { model }: Environment, volume: Volume): CostLine[] {
  const used = functions.map((entry) => {
    const { name, cpu, memoryMiB, minInstances = 0 } = entry;
    const { calls, seconds } = workOf(name, entry.uses?.includes('model') ? model.fileMiB : 0, volume);
    const idleSeconds = minInstances * Math.max(0, hoursPerMonth * 3600 - seconds);
    return {
      name,
      calls,
      cpuSeconds: seconds * cpu,
      gibSeconds: (seconds * memoryMiB) / 1024,
      idle: idleSeconds * (cpu + memoryMiB / 1024),
    };
  });
  const sum = (pick: (entry: (typeof used)[number]) => number) => used.reduce((total, entry) => total + pick(entry), 0);
  // A discount by what was spent, at the prices of tier 1.
  const discount =
    Math.min(
      sum((entry) => entry.cpuSeconds),
      freeTier.runVcpuSeconds,
    ) *
      freeTier.tier1VcpuSecondUsd +
    Math.min(
      sum((entry) => entry.gibSeconds),
      freeTier.runGibSeconds,
    ) *
      freeTier.tier1GibSecondUsd +
    (Math.min(
      sum((entry) => entry.calls),
      freeTier.runRequests,
    ) /
      1e6) *
      prices.runMillionRequests.usd;
  return [
    ...used.map(({ name, calls, cpuSeconds, gibSeconds, idle }) =>
      line(
        `function ${name}`,
        `${Math.round(calls)} calls, ${Math.round(cpuSeconds)} vCPU-s`,
        cpuSeconds * prices.runVcpuSecond.usd +
          gibSeconds * prices.runGibSecond.usd +
          idle * prices.runIdleSecond.usd +
          (calls / 1e6) * prices.runMillionRequests.usd,
      ),
    ),
    { resource: 'free tier of Cloud Run', quantity: 'at the prices of tier 1', usd: -discount },
  ];
}

/** What it takes once to bring in the archive: its vectors, which is nearly all of it. */
export function backfillUsd(topology: Topology, { archive }: Volume): number {
  const embed = topology.functions.find(({ name }) => name === 'embed');
  if (!embed) return 0;
  const second = embed.cpu * prices.runVcpuSecond.usd + (embed.memoryMiB / 1024) * prices.runGibSecond.usd;
  return archive * assumptions.callSeconds.embed * second;
}
