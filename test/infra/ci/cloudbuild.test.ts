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
        assert.match(line, /^(\+ (npm|terraform|docker|gcloud|sleep|curl) .*|released)$/, script);
    }
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
