import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { worstPages } from '../../../support/fuzz/worst-pages.ts';

const MAX_GROWTH_MB = 200;
const MAX_SECONDS = 1;
const MAX_KEPT_MB = 10;
const ATTEMPTS = 3;
const worker = fileURLToPath(new URL('../../../support/fuzz/memory-worker.ts', import.meta.url));

interface Cost {
  failures: string[];
  growthMb: number;
  seconds: number;
}

function measure<T>(...args: string[]): T {
  const options = ['--expose-gc', '--no-warnings', worker, ...args];
  // A test runner marks its processes, and one that is marked runs its tests instead of measuring.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8', env }));
}

test('nothing of a page is kept once it is read', (t) => {
  const heapMb = measure<number[]>();
  t.diagnostic(`heap after each batch: ${heapMb.map((mb) => mb.toFixed(1)).join(', ')} MB`);
  assert.ok(heapMb.at(-1)! - heapMb[1]! < MAX_KEPT_MB, `grows: ${heapMb} MB`);
});

for (const name of Object.keys(worstPages)) {
  test(`${name}: under ${MAX_SECONDS} s and ${MAX_GROWTH_MB} MB`, (t) => {
    let cost: Cost;
    let attempt = 0;
    // When memory is given back and what else the processor does differ from run to run.
    do cost = measure<Cost>(name);
    while ((cost.seconds > MAX_SECONDS || cost.growthMb > MAX_GROWTH_MB) && ++attempt < ATTEMPTS);
    const { failures, growthMb, seconds } = cost;
    t.diagnostic(`${growthMb.toFixed(0)} MB, ${seconds.toFixed(2)} s ${failures}`);
    assert.ok(seconds <= MAX_SECONDS && growthMb <= MAX_GROWTH_MB, `${growthMb} MB, ${seconds} s`);
    const foreseen = ['PageLimitError', 'ExtractionError', 'UnexpectedAnswerError'];
    assert.ok(
      failures.every((failure) => foreseen.includes(failure)),
      `${failures}`,
    );
  });
}
