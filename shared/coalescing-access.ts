import type { RandomAccess } from './dataset-source.ts';

/** Parts with less than this between them are one request: over HTTP that is what costs. */
const maxGapBytes = 64 * 1024;
/** Longest request that parts are joined to. */
const maxRequestBytes = 8 * 1024 * 1024;

interface Part {
  start: number;
  end: number;
  resolve(bytes: ArrayBuffer): void;
  reject(error: unknown): void;
}

/** Reads parts that are asked for at one time, and lie near each other, in one request. */
export function coalesceReads(access: RandomAccess): RandomAccess {
  let waiting: Part[] = [];
  const flush = () => {
    const parts = waiting.sort((a, b) => a.start - b.start);
    waiting = [];
    for (const run of joinNear(parts)) void readRun(access, run);
  };
  return {
    slice: (start, end) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ start, end, resolve, reject });
      }),
    close: () => access.close(),
  };
}

function joinNear(parts: readonly Part[]): Part[][] {
  const runs: Part[][] = [];
  let end = 0;
  for (const part of parts) {
    const run = runs.at(-1);
    if (run && part.start - end <= maxGapBytes && part.end - run[0]!.start <= maxRequestBytes) run.push(part);
    else runs.push([part]);
    end = Math.max(end, part.end);
  }
  return runs;
}

async function readRun(access: RandomAccess, run: readonly Part[]): Promise<void> {
  const start = run[0]!.start;
  try {
    const bytes = await access.slice(start, Math.max(...run.map((part) => part.end)));
    for (const part of run) part.resolve(bytes.slice(part.start - start, part.end - start));
  } catch (error) {
    for (const part of run) part.reject(error);
  }
}
