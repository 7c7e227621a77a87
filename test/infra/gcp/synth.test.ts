import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environments } from '../../../infra/gcp/environment.ts';
import { summarize } from '../../../infra/gcp/summary.ts';
import { summaryPath } from '../../../infra/gcp/summary-path.ts';
import { synthesize } from '../../../infra/gcp/synthesize.ts';
import { topologyOf } from '../../../infra/gcp/topology.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../../infra/gcp/synth.ts', import.meta.url));

for (const environment of Object.values(environments)) {
  test(`the summary of ${environment.name} in the repository is that of the tables; npm run synth -- --env ${environment.name} --update renews it`, async () => {
    const topology = topologyOf(environment);
    const kept = await readFile(summaryPath(environment.name), 'utf8');
    assert.equal(kept, summarize(synthesize(topology, environment), topology, environment));
  });
}

describe('npm run synth', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synth-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const synth = (...args: string[]) => run(process.execPath, [script, '--out', folder, ...args]);

  test('writes what Terraform reads, and prints one object with --json', async () => {
    const { stdout } = await synth('--env', 'prod', '--json');
    const report = JSON.parse(stdout);
    assert.deepEqual(Object.keys(report), ['resources', 'functions', 'topics', 'subscriptions', 'alerts', 'seconds']);
    const config = JSON.parse(await readFile(join(folder, 'prod', 'main.tf.json'), 'utf8'));
    const topology = topologyOf(environments.prod);
    assert.deepEqual(config, synthesize(topology, environments.prod));
    assert.equal(report.functions, topology.functions.length);
    assert.equal(report.alerts, topology.alerts.length);
  });

  test('says in one line what is wrong with a setting, and ends with 1', async () => {
    await assert.rejects(
      synth('--env', 'prod', '--set', 'database.tier=big'),
      (error: { code: number; stderr: string }) => {
        assert.equal(error.code, 1);
        assert.match(error.stderr, /^error: The environment prod is not usable\. database\.tier: .*\n$/);
        return true;
      },
    );
  });

  test('a wrong call ends with 2', async () => {
    await assert.rejects(synth('--env', 'staging'), { code: 2 });
    await assert.rejects(synth('--env', 'prod', '--set', 'database.tier'), { code: 2 });
  });
});
