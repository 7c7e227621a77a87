/** Runs one benchmark: `npm run bench -- NAME [options] [--json]`. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What every file here but this one exports: reads its options, prints progress to stderr, returns its figures. */
export interface Bench {
  description: string;
  run(args: string[]): Promise<Record<string, unknown>>;
}

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = globSync('*.ts', { cwd: folder })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run')
  .sort();
const [name = '', ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error('usage: npm run bench -- NAME [options] [--json]');
  for (const known of names) console.error(`  ${known.padEnd(12)}${(await load(known)).description}`);
  process.exit(2);
}

const { run } = await load(name);
const figures = await run(args.filter((arg) => arg !== '--json'));
if (args.includes('--json')) console.log(JSON.stringify(figures));
else for (const [key, value] of Object.entries(figures)) console.log(`${key.padEnd(20)}${JSON.stringify(value)}`);

async function load(file: string): Promise<Bench> {
  return (await import(`./${file}.ts`)) as Bench;
}
