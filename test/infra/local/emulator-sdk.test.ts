import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { findEmulator, NoEmulatorError } from '../../../infra/local/emulator-sdk.ts';

const folder = mkdtempSync(join(tmpdir(), 'sdk-'));
after(() => rmSync(folder, { recursive: true }));

function file(path: string, text = ''): string {
  const full = join(folder, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text, { mode: 0o755 });
  return full;
}

const java = join(file('java/java'), '..');
file('sdk/bin/gcloud');
const jarPath = 'sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar';
const jar = file(jarPath);
mkdirSync(join(folder, 'links'));
symlinkSync(join(folder, 'sdk/bin/gcloud'), join(folder, 'links/gcloud'));

const find = (path: string[], env: Record<string, string> = {}) => findEmulator({ PATH: path.join(delimiter), ...env });

async function assertMissing(finding: Promise<string>, pattern: RegExp): Promise<void> {
  await assert.rejects(finding, (error) => {
    assert.ok(error instanceof NoEmulatorError);
    assert.match(error.message, pattern);
    return true;
  });
}

test('the emulator is found in the folder that is named, and beside the gcloud on the PATH, through links', async () => {
  assert.equal(await find([java], { GOOGLE_CLOUD_SDK: join(folder, 'sdk') }), jar);
  assert.equal(await find([java], { CLOUDSDK_ROOT: join(folder, 'sdk') }), jar);
  assert.equal(await find([java, join(folder, 'sdk/bin')]), jar);
  assert.equal(await find([join(folder, 'none'), join(folder, 'links'), java]), jar);
});

test('a gcloud that is a script of its own is asked', async () => {
  const script = file('wrapper/gcloud', `#!/bin/sh\n[ "$1" = info ] && echo '${join(folder, 'sdk')}'\n`);
  assert.equal(await find([join(script, '..'), java, '/bin', '/usr/bin']), jar);
});

test('what is missing is said with how to get it', async () => {
  await assertMissing(
    find([java]),
    /No Google Cloud SDK.*gcloud components install pubsub-emulator.*PUBSUB_EMULATOR_HOST/,
  );
  const bare = join(file('bare/bin/gcloud', '#!/bin/sh\nexit 1\n'), '..');
  await assertMissing(find([bare, java]), /has no Pub\/Sub emulator: "gcloud components install pubsub-emulator"/);
  await assertMissing(find([join(folder, 'sdk/bin')]), /needs Java/);
});
