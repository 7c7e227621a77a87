#!/usr/bin/env node
// Plain JavaScript that any Node can read: the rest is TypeScript, which needs the Node that `npm ci` installs.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Node ${process.versions.node} is too old for this command. Start it by "npx destaques" (on Linux x64 "npm ci" ` +
      'installs Node 24 for it), or install Node 24.',
  );
  process.exit(1);
}
const { main } = await import('./cli.ts');
process.exitCode = await main(process.argv.slice(2));
