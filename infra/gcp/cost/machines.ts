/** CPUs and memory of a machine; shared ones by the part of a CPU that they are billed for. */
export interface Machine {
  cpu: number;
  memoryGib: number;
}

/** The machine behind a tier of Cloud SQL. */
export function sizeOfTier(tier: string): Machine {
  if (tier === 'db-f1-micro') return { cpu: 0.2, memoryGib: 0.6 };
  if (tier === 'db-g1-small') return { cpu: 0.5, memoryGib: 1.7 };
  const [, cpu, memoryMib] = /^db-custom-(\d+)-(\d+)$/.exec(tier)!;
  return { cpu: Number(cpu), memoryGib: Number(memoryMib) / 1024 };
}

const e2: Record<string, Machine> = {
  'e2-micro': { cpu: 0.25, memoryGib: 1 },
  'e2-small': { cpu: 0.5, memoryGib: 2 },
  'e2-medium': { cpu: 1, memoryGib: 4 },
  'e2-standard-2': { cpu: 2, memoryGib: 8 },
  'e2-standard-4': { cpu: 4, memoryGib: 16 },
  'e2-highmem-2': { cpu: 2, memoryGib: 16 },
  'e2-highmem-4': { cpu: 4, memoryGib: 32 },
  'e2-highmem-8': { cpu: 8, memoryGib: 64 },
  'e2-highmem-16': { cpu: 16, memoryGib: 128 },
};

/** @throws {RangeError} for a machine whose price is not kept. */
export function e2Machine(type: string): Machine {
  const machine = e2[type];
  if (machine) return machine;
  throw new RangeError(`No price of ${type} is kept, only of ${Object.keys(e2).join(', ')}`);
}

/** The sizes that one grows through, by their memory. */
export const growingTiers = [
  'db-g1-small',
  'db-custom-1-3840',
  'db-custom-2-7680',
  'db-custom-2-13312',
  'db-custom-4-26624',
  'db-custom-8-53248',
  'db-custom-16-106496',
] as const;
export const growingMachines = [
  'e2-medium',
  'e2-standard-2',
  'e2-highmem-2',
  'e2-highmem-4',
  'e2-highmem-8',
  'e2-highmem-16',
] as const;
