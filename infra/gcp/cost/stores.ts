import type { Environment } from '../environment.ts';
import { type CostLine, hoursPerMonth, kibPerGib, line } from './line.ts';
import { e2Machine, sizeOfTier } from './machines.ts';
import { prices } from './prices.ts';
import { assumptions, type Volume } from './workload.ts';

/** The database, its disk and its backups. */
export function databaseLines({ database }: Environment, { archive, articlesPerDay }: Volume): CostLine[] {
  const usedGib = ((archive + articlesPerDay * 365) * assumptions.rowKib) / kibPerGib;
  const diskGib = Math.max(database.diskGiB, Math.ceil(usedGib * 1.3));
  const factor = database.isHighlyAvailable ? 2 : 1;
  // Backups are increments: what changes, and the whole once.
  const backupGib = usedGib * 1.3;
  return [
    line(`database ${database.tier}`, `${hoursPerMonth} hours`, factor * hoursPerMonth * hourUsd(database.tier)),
    line('database disk', `${diskGib} GiB`, factor * diskGib * prices.sqlSsdGib.usd),
    line('database backups', `${backupGib.toFixed(1)} GiB`, backupGib * prices.sqlBackupGib.usd),
  ];
}

/** The server of the search index, where there is one. */
export function searchLines({ search }: Environment): CostLine[] {
  if (search.index === 'postgres') return [line('search in Postgres', 'no server', 0)];
  const machine = e2Machine(search.machineType);
  const hour = machine.cpu * prices.e2VcpuHour.usd + machine.memoryGib * prices.e2GibHour.usd;
  return [
    line(`Typesense ${search.machineType}`, `${hoursPerMonth} hours`, hoursPerMonth * hour),
    line('Typesense disks', `${search.diskGiB + 10} GiB`, (search.diskGiB + 10) * prices.diskGib.usd),
    line('Typesense snapshots', `${search.diskGiB / 2} GiB`, (search.diskGiB / 2) * prices.snapshotGib.usd),
  ];
}

function hourUsd(tier: string): number {
  if (tier === 'db-f1-micro') return prices.sqlMicroHour.usd;
  if (tier === 'db-g1-small') return prices.sqlSmallHour.usd;
  const { cpu, memoryGib } = sizeOfTier(tier);
  return cpu * prices.sqlVcpuHour.usd + memoryGib * prices.sqlGibHour.usd;
}
