import type { Environment } from '../environment.ts';
import type { Topology } from '../topology.ts';
import { runLines } from './functions.ts';
import { limitsOf } from './limits.ts';
import type { CostLine } from './line.ts';
import { serviceLines } from './services.ts';
import { databaseLines, searchLines } from './stores.ts';
import type { Volume } from './workload.ts';

export interface Bill {
  lines: CostLine[];
  usd: number;
  /** What does not fit at this volume, and what to change. */
  limits: string[];
}

/** The bill of a month at a volume, free tiers taken off. */
export function monthlyBill(topology: Topology, environment: Environment, volume: Volume): Bill {
  const lines = [
    ...runLines(topology, environment, volume),
    ...databaseLines(environment, volume),
    ...searchLines(environment),
    ...serviceLines(topology, environment, volume),
  ];
  return { lines, usd: lines.reduce((sum, { usd }) => sum + usd, 0), limits: limitsOf(environment, volume) };
}
