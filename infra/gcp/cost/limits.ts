import type { Environment } from '../environment.ts';
import { kibPerGib } from './line.ts';
import { e2Machine, growingMachines, growingTiers, sizeOfTier } from './machines.ts';
import { assumptions, mostArticlesPerDay, type Volume } from './workload.ts';

/** Part of a machine's memory that an index may take before it is read from disk all the time. */
const memoryShare = 0.7;
/** A vector in its index. */
const vectorKib = 3.5;

/** What the indexes of a volume have within a year, in GiB. */
function indexSizes({ archive, articlesPerDay }: Volume): { vectors: number; documents: number } {
  const articles = archive + articlesPerDay * 365;
  return { vectors: (articles * vectorKib) / kibPerGib, documents: (articles * assumptions.documentKib) / kibPerGib };
}

/** The environment with a database and a search server that are large enough, or the largest there are. */
export function sizedFor(volume: Volume, environment: Environment): Environment {
  const { database, search } = environment;
  const { vectors, documents } = indexSizes(volume);
  const fits = (gib: number, memoryGib: number) => gib <= memoryGib * memoryShare;
  const tier = fits(vectors, sizeOfTier(database.tier).memoryGib)
    ? database.tier
    : (growingTiers.find((candidate) => fits(vectors, sizeOfTier(candidate).memoryGib)) ?? growingTiers.at(-1)!);
  if (search.index === 'postgres') return { ...environment, database: { ...database, tier } };
  const machineType = fits(documents, e2Machine(search.machineType).memoryGib)
    ? search.machineType
    : (growingMachines.find((candidate) => fits(documents, e2Machine(candidate).memoryGib)) ?? growingMachines.at(-1)!);
  return { ...environment, database: { ...database, tier }, search: { ...search, machineType } };
}

/** What does not fit at a volume, and what to change: one sentence each. */
export function limitsOf({ database, search }: Environment, volume: Volume): string[] {
  const most = mostArticlesPerDay();
  const { vectors, documents } = indexSizes(volume);
  const { memoryGib } = sizeOfTier(database.tier);
  const isFull = (gib: number, memory: number) => gib > memory * memoryShare;
  return [
    ...(volume.articlesPerDay > most
      ? [
          `One request a second to the host that sources share is enough for ${most} articles a day: agree on a shorter REQUEST_INTERVAL_MS with it, or lower REVISIT_DAYS.`,
        ]
      : []),
    ...(isFull(vectors, memoryGib)
      ? [
          `Within a year the index of vectors has ${vectors.toFixed(1)} GiB, the database ${memoryGib.toFixed(1)} GiB of memory: give it a larger database.tier.`,
        ]
      : []),
    ...(search.index === 'typesense' && isFull(documents, e2Machine(search.machineType).memoryGib)
      ? [`Within a year Typesense keeps ${documents.toFixed(1)} GiB in memory: give it a larger search.machineType.`]
      : []),
  ];
}
