import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../../../infra/build/root.ts';
import { prod, resourcesOf, synthesizeWith, topology } from '../gcp/resources.ts';

const run = promisify(execFile);

/** @see https://cloud.google.com/build/docs/build-config-file-schema */
const step = z.strictObject({
  id: z.string().optional(),
  name: z.string(),
  args: z.array(z.string()).optional(),
  entrypoint: z.string().optional(),
  env: z.array(z.string().regex(/^\w+=.*$/)).optional(),
  dir: z.string().optional(),
  waitFor: z.array(z.string()).optional(),
  timeout: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  secretEnv: z.array(z.string()).optional(),
  script: z.string().optional(),
  allowFailure: z.boolean().optional(),
  allowExitCodes: z.array(z.int()).optional(),
});
const buildConfig = z.strictObject({
  steps: z.array(step).min(1),
  // A user's own substitutions begin with an underscore.
  substitutions: z.record(z.string().regex(/^_[A-Z0-9_]+$/), z.string()).optional(),
  options: z
    .strictObject({
      logging: z.enum(['CLOUD_LOGGING_ONLY', 'GCS_ONLY', 'NONE']),
      machineType: z.enum([
        'UNSPECIFIED',
        'N1_HIGHCPU_8',
        'N1_HIGHCPU_32',
        'E2_MEDIUM',
        'E2_HIGHCPU_8',
        'E2_HIGHCPU_32',
      ]),
      substitutionOption: z.enum(['MUST_MATCH', 'ALLOW_LOOSE']),
    })
    .partial()
    .optional(),
  timeout: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  serviceAccount: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

/** Those that Cloud Build itself knows. */
const builtIn = ['PROJECT_ID', 'BRANCH_NAME'];

describe('cloudbuild.yaml', async () => {
  const text = await readFile(join(root, 'cloudbuild.yaml'), 'utf8');
  const config = buildConfig.parse(parse(text));

  test('runs scripts that are there', () => {
    for (const { id, args } of config.steps) {
      const script = args!.find((argument) => argument.endsWith('.sh'));
      assert.ok(script && existsSync(join(root, script)), id);
    }
  });

  test('waits for steps that come before', () => {
    config.steps.forEach(({ id, waitFor = [] }, index) => {
      const before = config.steps.slice(0, index).map((other) => other.id);
      for (const other of waitFor) assert.ok(before.includes(other), `${id} waits for ${other}`);
    });
  });

  test('checks before it applies, applies before it releases', () => {
    assert.deepEqual(config.steps.find(({ id }) => id === 'apply')!.waitFor, ['check', 'plan']);
    assert.deepEqual(config.steps.find(({ id }) => id === 'release')!.waitFor, ['images']);
    assert.deepEqual(config.steps.find(({ id }) => id === 'images')!.waitFor, ['apply']);
  });

  test('uses the substitutions that it declares, and declares no other', () => {
    const used = new Set([...text.replaceAll(/^\s*#.*$/gm, '').matchAll(/\$(\w+)/g)].map(([, name]) => name!));
    const own = [...used].filter((name) => !builtIn.includes(name));
    assert.deepEqual(own.sort(), Object.keys(config.substitutions!).sort());
  });
});

describe('the scripts of a release', () => {
  let dist: string;
  before(async () => {
    dist = await mkdtemp(join(tmpdir(), 'release-'));
    for (const name of [...topology.functions.map((entry) => entry.name), 'release']) {
      await mkdir(join(dist, name));
      await writeFile(join(dist, name, 'index.js'), name);
    }
    await facts();
  });
  after(() => rm(dist, { recursive: true }));

  const facts = () => run(process.execPath, [join(root, 'infra/ci/facts.ts'), '--env', 'prod', '--dist', dist]);
  const sh = async (script: string, env: Record<string, string> = {}) => {
    const path = '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin';
    const options = { env: { PATH: path, DIST: dist, ...env } };
    return (await run('sh', [join(root, 'infra/ci', script), '--dry-run'], options)).stdout;
  };
  const images = () => readFile(join(dist, 'ci/images'), 'utf8');

  test('are read by any POSIX shell', async () => {
    const scripts = globSync('infra/ci/*.sh', { cwd: root });
    assert.ok(scripts.length >= 10);
    for (const script of scripts) await run('sh', ['-n', join(root, script)]);
  });

  test('refuse an argument that they do not know', async () => {
    await assert.rejects(run('sh', [join(root, 'infra/ci/plan.sh'), '--drry-run']), { code: 2 });
  });

  test('with --dry-run, print what they would do and do nothing', async () => {
    for (const script of ['check.sh', 'plan.sh', 'apply.sh', 'images.sh', 'release.sh', 'rollback.sh']) {
      const lines = (await sh(script)).trim().split('\n');
      assert.ok(lines.length > 0);
      for (const line of lines)
        assert.match(line, /^(\+ (npm|terraform|cat|docker|gcloud|sleep|curl) .*|released)$/, script);
    }
  });

  test('plan with the checksums of the provider that the repository keeps, and with no other', async () => {
    const lock = join(dist, 'terraform.lock.hcl');
    assert.match(await sh('plan.sh', { LOCK: lock }), /init -input=false\n\+ cat .*\.terraform\.lock\.hcl\n/);
    await writeFile(lock, 'provider "registry.terraform.io/hashicorp/google" {}\n');
    await mkdir(join(dist, 'gcp/prod'), { recursive: true });
    assert.match(await sh('plan.sh', { LOCK: lock }), /init -input=false -lockfile=readonly\n/);
    const kept = await readFile(join(dist, 'gcp/prod/.terraform.lock.hcl'), 'utf8');
    assert.equal(kept, await readFile(lock, 'utf8'));
  });

  test('release in this order: database, new code without traffic, a tenth of the traffic, all of it, smoke test', async () => {
    const output = await sh('release.sh');
    const order = ['jobs execute migrate', '--no-traffic', 'canary=10', '--to-latest', 'jobs execute smoke'];
    const places = order.map((part) => output.indexOf(part));
    assert.ok(
      places.every((place) => place >= 0),
      output,
    );
    assert.deepEqual(
      places.toSorted((a, b) => a - b),
      places,
    );
  });

  test('deploy what does not serve its image: what changed, and what was rolled back', async () => {
    const image = Object.fromEntries(
      (await images()).split('\n').map((line) => line.split(' ').slice(0, 2) as [string, string]),
    );
    // What gcloud says of each: the revision with the traffic, the newest one, and its image.
    const state = (name: string) => {
      if (name === 'scrape') return { serving: 'scrape-1', newest: 'scrape-1', image: 'registry/scrape:older' };
      if (name === 'enrich') return { serving: 'enrich-1', newest: 'enrich-2', image: image.enrich };
      return { serving: `${name}-1`, newest: `${name}-1`, image: image[name] };
    };
    const answers = topology.functions.flatMap(({ name }) => {
      const { serving, newest, image: running } = state(name);
      return [
        `*"describe ${name} "*status.traffic*) printf '0,${name}-0\\n100,${serving}\\n' ;;`,
        `*"describe ${name} "*) printf '${newest}\\t${running}\\n' ;;`,
      ];
    });
    const bin = join(dist, 'bin');
    await mkdir(bin);
    const gcloud = ['#!/bin/sh', 'case "$*" in', ...answers, '*) echo "$*" >> "$CALLS" ;;', 'esac', ''].join('\n');
    await writeFile(join(bin, 'gcloud'), gcloud, { mode: 0o755 });
    const env = { PATH: `${bin}:/usr/bin:/bin`, DIST: dist, CALLS: join(dist, 'calls') };
    await run('sh', [join(root, 'infra/ci/deploy.sh')], { env });
    assert.equal(await readFile(join(dist, 'ci/changed'), 'utf8'), 'scrape scrape-1\nenrich enrich-1\n');
    const calls = (await readFile(env.CALLS, 'utf8')).trim().split('\n');
    const updated = calls.flatMap(
      (call) => /^run services update (\S+) .*--image=(\S+) --no-traffic/.exec(call)?.slice(1, 3) ?? [],
    );
    assert.deepEqual(updated, ['scrape', image.scrape, 'enrich', image.enrich]);
  });

  test('name the services and jobs of the tables, and no other', async () => {
    const config = synthesizeWith({});
    const namesOf = (type: string) => resourcesOf(config, type).map(([, { name }]) => name);
    const output = (await sh('release.sh')) + (await sh('rollback.sh'));
    const named = (pattern: RegExp) => [...new Set([...output.matchAll(pattern)].map(([, name]) => name))].sort();
    const services = namesOf('google_cloud_run_v2_service').sort();
    assert.deepEqual(named(/run services update(?:-traffic)? (\S+)/g), services);
    assert.deepEqual(named(/run jobs (?:update|execute) (\S+)/g), namesOf('google_cloud_run_v2_job').sort());
    assert.deepEqual(named(/--region=(\S+)/g), [prod.region]);
    assert.deepEqual(named(/--project=(\S+)/g), [prod.project]);
  });

  test('apply and release nothing of another branch', async () => {
    for (const script of ['apply.sh', 'release.sh'])
      assert.match(await sh(script, { BRANCH_NAME: 'feature' }), /^not main: /);
    assert.doesNotMatch(await sh('images.sh', { BRANCH_NAME: 'feature' }), /docker push/);
  });

  test('name an image by what is in it, so that only what changed is built', async () => {
    const earlier = (await images()).split('\n');
    await facts();
    assert.deepEqual((await images()).split('\n'), earlier);
    await writeFile(join(dist, 'scrape/index.js'), 'changed');
    await facts();
    const changed = (await images()).split('\n').filter((line) => !earlier.includes(line));
    assert.equal(changed.length, 1);
    assert.match(changed[0]!, /^scrape /);
  });

  test('build from Dockerfiles that are there', async () => {
    for (const line of (await images()).trim().split('\n')) {
      const [name, image, dockerfile] = line.split(' ') as [string, string, string];
      assert.ok(existsSync(join(root, dockerfile)), dockerfile);
      assert.equal(basename(image).split(':')[0], name);
      assert.equal(dirname(image), `${prod.region}-docker.pkg.dev/${prod.project}/destaques`);
    }
  });
});
