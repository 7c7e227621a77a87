import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Bundle, bundle, bundleManifest } from '../../../infra/build/bundle.ts';
import { lockfileOf } from '../../../infra/build/production-dependencies.ts';
import { root } from '../../../infra/build/root.ts';
import { installBundle, startBundle } from '../../../infra/build/start-bundle.ts';
import { startEnvironment } from '../../../infra/build/start-environment.ts';
import { environments } from '../../../infra/gcp/environment.ts';
import { prepareDatabase } from '../../../infra/local/local-database.ts';
import { pipeline, type Use } from '../../../shared/pipeline.ts';
import { startHub } from '../../stand-ins/hub.ts';
import { startSecretManager } from '../../stand-ins/secret-manager.ts';
import { push, seedArticle } from '../../support/articles.ts';
import { createEmptyDatabase, createTestDatabase, withoutPostgres } from '../../support/database.ts';
import { type PubSubWithoutTopics, startPubSubWithoutTopics } from '../../support/pubsub-without-topics.ts';

const maxBytes = 5e6;
/** What a secret may be needed for, in some environment. */
const secretUses: readonly Use[] = ['hub', 'enricher-service', 'search-index'];
const framework = '@google-cloud/functions-framework';
const runtime = 'onnxruntime-node';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundles-'));
});
after(() => rm(folder, { recursive: true }));

const entryOf = (name: string) => pipeline.find((entry) => entry.name === name)!;

async function install(name: string): Promise<{ folder: string; built: Bundle }> {
  const bundled = await mkdtemp(join(folder, `${name}-`));
  const built = await bundle(`functions/${name}/index.ts`, bundled);
  await writeFile(join(bundled, 'package.json'), JSON.stringify(await bundleManifest(name, built.externals)));
  const clean = await mkdtemp(join(folder, `${name}-clean-`));
  await installBundle(bundled, built.externals, clean);
  return { folder: clean, built };
}

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

for (const { name, uses } of pipeline) {
  test(`the bundle of ${name} is small, and holds nothing of another function`, async () => {
    const { bytes, externals, inputs } = await bundle(`functions/${name}/index.ts`, await mkdtemp(join(folder, name)));
    assert.ok(bytes < maxBytes, `${bytes} bytes`);
    const functions = inputs.filter((path) => path.startsWith('functions/'));
    assert.ok(functions.length > 0);
    assert.deepEqual(
      functions.filter((path) => !path.startsWith(`functions/${name}/`)),
      [],
    );
    assert.deepEqual(
      inputs.filter((path) => /^(infra|test)\//.test(path)),
      [],
    );
    const readsSecrets = secretUses.some((use) => uses?.includes(use));
    assert.equal(
      inputs.some((path) => path.includes('@google-cloud/secret-manager')),
      readsSecrets,
    );
    assert.deepEqual(externals, uses?.includes('model') ? [framework, runtime] : [framework]);
  });
}

test('a bundle is one file and one a thread with their source maps, and its package.json names its externals alone, locked', async () => {
  const bundled = await mkdtemp(join(folder, 'files-'));
  const { bytes, externals } = await bundle('functions/embed/index.ts', bundled);
  const files = ['index.js', 'inference-thread.js', 'tokenize-thread.js'];
  assert.deepEqual((await readdir(bundled)).sort(), files.flatMap((name) => [name, `${name}.map`]).sort());
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(bundled, name))).size));
  assert.equal(
    bytes,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  assert.match(await readFile(join(bundled, 'index.js'), 'utf8'), /\/\/# sourceMappingURL=index\.js\.map\s*$/);
  const manifest = await bundleManifest('embed', externals);
  assert.deepEqual(Object.keys(manifest.dependencies), [framework, runtime]);
  const { packages } = (await lockfileOf(manifest)) as { packages: Record<string, { version: string; dev?: boolean }> };
  assert.equal(packages[`node_modules/${runtime}`]!.version, manifest.dependencies[runtime]);
  assert.ok('node_modules/express' in packages && !('node_modules/typescript' in packages));
  assert.ok(Object.values(packages).every(({ dev }) => dev === undefined));
});

describe('a bundle in a clean folder, under the functions framework', () => {
  let pubsub: PubSubWithoutTopics;
  before(async () => {
    pubsub = await startPubSubWithoutTopics();
  });
  after(() => pubsub.close());

  test('finds nothing but its production dependencies, of the model runtime the binaries of linux/x64', async () => {
    const embed = await install('embed');
    const modules = await readdir(join(embed.folder, 'node_modules'));
    assert.ok(modules.includes(runtime) && modules.includes('express'));
    for (const absent of ['pg', 'zod', 'typescript', 'esbuild']) assert.ok(!modules.includes(absent), absent);
    const [version] = await readdir(join(embed.folder, 'node_modules', runtime, 'bin'));
    const binaries = join(embed.folder, 'node_modules', runtime, 'bin', version!);
    assert.deepEqual(await readdir(binaries), ['linux']);
    assert.deepEqual(await readdir(join(binaries, 'linux')), ['x64']);
  });

  test('encodes with a model: embed gives an article its vector', { skip: withoutPostgres }, async () => {
    const database = await createTestDatabase();
    try {
      const message = await seedArticle(database.db);
      const { folder: clean } = await install('embed');
      const model = join(clean, 'tiny-xlmr');
      await cp(join(root, 'test/fixtures/models/tiny-xlmr'), model, { recursive: true });
      const env = {
        ...startEnvironment(entryOf('embed'), environments.prod, database.url),
        EMBEDDING_MODEL: model,
        // What it has to say next waits in the outbox.
        PUBSUB_EMULATOR_HOST: pubsub.endpoint,
      };
      const started = await startBundle('embed', clean, env);
      try {
        assert.equal(await push(started.url, message), 204);
      } finally {
        await started.stop();
      }
      const { rows } = await database.db.query(
        `select embedding_model as model, round(vector_norm(content_embedding)::numeric, 3)::float8 as norm from news`,
      );
      assert.deepEqual(rows, [{ model: 'tiny-xlmr/int8', norm: 1 }]);
    } finally {
      await database.drop();
    }
  });

  test('says what it misses, with the class of the error as it is in the sources', async () => {
    const { folder: clean } = await install('quarantine');
    await assert.rejects(
      startBundle('quarantine', clean, {}),
      /quarantine did not start: [\s\S]*ConfigError: .*DATABASE_URL/,
    );
  });

  test('does its work: dispatch reads the database, and reaches for Pub/Sub', { skip: withoutPostgres }, async () => {
    const database = await createTestDatabase();
    try {
      await prepareDatabase(database.db);
      const { folder: clean } = await install('dispatch');
      const env = {
        ...startEnvironment(entryOf('dispatch'), environments.prod, database.url),
        PUBSUB_EMULATOR_HOST: pubsub.endpoint,
      };
      const started = await startBundle('dispatch', clean, env);
      try {
        const refused = await fetch(started.url, post({ agencies: ['nowhere'] }));
        assert.equal(refused.status, 400);
        assert.match(await refused.text(), /Unknown agency: nowhere/);
        const failed = await fetch(started.url, post({ agencies: ['mec'] }));
        assert.equal(failed.status, 500);
        assert.match(await failed.text(), /Topic requested of project destaquesgovbr does not exist/);
      } finally {
        await started.stop();
      }
    } finally {
      await database.drop();
    }
  });
});

test('the bundle of export reads the token of the Hub from Secret Manager, trimmed, when it needs it', {
  skip: withoutPostgres,
}, async () => {
  const database = await createTestDatabase();
  const secrets = await startSecretManager({ project: environments.prod.project });
  const hub = await startHub({ token: 'hf_kept' });
  const { folder: clean } = await install('export');
  const env = {
    ...startEnvironment(entryOf('export'), environments.prod, database.url),
    HF_ENDPOINT: hub.url,
    SECRET_MANAGER_ENDPOINT: secrets.url,
  };
  const started = await startBundle('export', clean, env);
  const dryRun = async () => await (await fetch(started.url, post({ dry_run: true }))).text();
  try {
    assert.deepEqual(secrets.requests(), []);
    assert.match(await dryRun(), /huggingface-token\/versions\/latest cannot be read: .*gcloud secrets versions add/);
    secrets.add('huggingface-token', 'hf_kept\n');
    assert.match(await dryRun(), /The Hub refuses a look at its head \(destaquesgovbr\/govbrnews, .* with 404/);
  } finally {
    await started.stop();
    await hub.close();
    await secrets.close();
    await database.drop();
  }
});

test('the migration job migrates an empty database, and finds nothing to do the second time', {
  skip: withoutPostgres,
}, async () => {
  const database = await createEmptyDatabase();
  try {
    const job = await mkdtemp(join(folder, 'migrate-'));
    await bundle('infra/ci/migrate.ts', join(job, 'migrate'));
    await cp(join(root, 'migrations'), join(job, 'migrations'), { recursive: true });
    await cp(join(root, 'shared/catalogue'), join(job, 'migrate/catalogue'), { recursive: true });
    await writeFile(join(job, 'migrate', 'package.json'), '{"type":"module"}');
    const migrate = async () => {
      const child = spawn(process.execPath, [join(job, 'migrate', 'index.js')], {
        env: { PATH: process.env.PATH, DATABASE_URL: database.url },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });
      const [code] = await once(child, 'exit');
      assert.equal(code, 0);
      return JSON.parse(output) as { message: string; applied: string[] };
    };
    assert.ok((await migrate()).applied.includes('20261121170000000_grants'));
    assert.deepEqual((await migrate()).applied, []);
    const { rows } = await database.db.query<{ count: number }>('select count(*) as count from sources');
    assert.ok(rows[0]!.count > 100);
  } finally {
    await database.drop();
  }
});
