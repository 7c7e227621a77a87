/** Runs one benchmark: `npm run bench -- NAME [options] [--json]`. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../shared/errors.ts';
import { type Bench, parseBenchOptions } from './support/options.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = globSync('*.ts', { cwd: folder })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run')
  .sort();
const [name = '', ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error('usage: npm run bench -- NAME [options] [--json]; NAME --help lists the options');
  for (const known of names) console.error(`  ${known.padEnd(17)}${(await load(known)).description}`);
  process.exit(['--help', '-h'].includes(name) ? 0 : 2);
}

const bench = await load(name);
const options = parseBenchOptions(name, bench, args);
try {
  const figures = await bench.run(options);
  if (options.json) console.log(JSON.stringify(figures));
  else for (const [key, value] of Object.entries(figures)) console.log(`${key.padEnd(26)}${JSON.stringify(value)}`);
} catch (error) {
  console.error(`error: ${errorMessage(error)}`);
  process.exitCode = 1;
}

async function load(file: string): Promise<Bench> {
  return (await import(`./${file}.ts`)) as Bench;
}
