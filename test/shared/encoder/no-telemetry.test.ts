import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'telemetry-'));
after(() => rmSync(folder, { recursive: true }));

const encoder = new URL('../../../shared/encoder.ts', import.meta.url).href;
const model = fileURLToPath(new URL('../../fixtures/models/tiny-xlmr', import.meta.url));

test('the model runtime reports to nobody', () => {
  const script = `
    const { createEncoder } = await import(${JSON.stringify(encoder)});
    const encoder = await createEncoder({ model: ${JSON.stringify(model)} });
    await encoder.encode(['texto']);
    await encoder.close();`;
  const environment = { PATH: process.env.PATH ?? '', TMPDIR: folder };
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env: environment });
  // Its reporter keeps a log in the folder for temporary files as soon as it starts.
  assert.deepEqual(readdirSync(folder), []);
});
