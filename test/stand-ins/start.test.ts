import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('start.ts', import.meta.url));

const data = mkdtempSync(join(tmpdir(), 'hub-'));
after(() => rmSync(data, { recursive: true }));

for (const [name, ...options] of [['sites'], ['typesense'], ['enricher'], ['hub', '--data', data]] as const) {
  test(`${name} tells its address and ends cleanly when told to`, async () => {
    const child = spawn(process.execPath, [script, name, '--port', '0', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    let address: string | undefined;
    for await (const line of createInterface(child.stdout)) {
      address ??= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (line.startsWith('Ctrl-C')) break;
    }
    assert.ok(address);
    await (await fetch(`${address}/nothing`)).text();
    child.kill('SIGTERM');
    assert.deepEqual(await closed, [0, null]);
  });
}

for (const args of [
  [],
  ['elsewhere'],
  ['sites', '--articles', 'many'],
  ['sites', '--port', '70000'],
  ['sites', '--sed', '1'],
  ['hub'],
]) {
  test(`"${args.join(' ')}" is a usage error`, () => {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}
