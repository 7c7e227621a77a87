/** Runs the chain while everything fails: `npm run chaos -- [--articles 2000] [--seed 1] [--bus …] [--json]`. */
import { runChaos } from './chaos.ts';
import { parseOptions } from './options.ts';

const options = parseOptions(process.argv.slice(2));
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
// What this run started must not outlive it.
process.on('uncaughtException', (error) => {
  console.error(error);
  ending.abort();
});

const startedAt = performance.now();
const say = (text: string) =>
  console.error(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);
try {
  const result = await runChaos(options, { signal: ending.signal, say });
  if (options.json) console.log(JSON.stringify(result));
  else for (const [key, value] of Object.entries(result)) console.log(`${key.padEnd(14)}${value}`);
  const { lost, doubled, stale, outbox_left: outboxLeft } = result;
  process.exitCode = lost + doubled + stale + outboxLeft === 0 ? 0 : 1;
} catch (error) {
  if (!ending.signal.aborted) console.error(error);
  process.exitCode = 1;
}
