import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { environments, openEnvironment } from '../../../infra/gcp/environment.ts';
import { synthesize } from '../../../infra/gcp/synthesize.ts';
import { topologyOf } from '../../../infra/gcp/topology.ts';
import { loadConfig } from '../../../shared/config.ts';
import { prod, resourcesOf, topology, withTypesense } from './resources.ts';

describe('the environments', () => {
  test('are usable as they stand in the repository', () => {
    for (const [name, environment] of Object.entries(environments)) {
      assert.deepEqual(openEnvironment(name as keyof typeof environments), environment);
      assert.doesNotThrow(() => synthesize(topologyOf(environment), environment), name);
    }
  });

  test('take settings by their paths, numbers as numbers', () => {
    const { project, database, functions } = openEnvironment('dev', {
      project: 'another-project',
      'database.diskGiB': '50',
      'database.isProtected': 'true',
      'functions.api.minInstances': '1',
    });
    assert.equal(project, 'another-project');
    assert.equal(database.diskGiB, 50);
    assert.equal(database.isProtected, true);
    assert.deepEqual(functions, { api: { minInstances: 1 } });
  });

  test('say which commit of the dataset api reads, and whether it needs a token for it', () => {
    const variablesOf = (settings: Record<string, string>) => {
      const environment = openEnvironment('prod', settings);
      const config = synthesize(topologyOf(environment), environment);
      const [, api] = resourcesOf(config, 'google_cloud_run_v2_service').find(([, { name }]) => name === 'api')!;
      return api.template.containers[0].env as { name: string; value?: string }[];
    };
    const phase = { 'storage.backend': 'huggingface', 'storage.revision': 'abc123' };
    assert.equal(variablesOf(phase).find(({ name }) => name === 'EXPORT_BRANCH')?.value, 'abc123');
    const hasToken = (settings: Record<string, string>) =>
      variablesOf(settings).some(({ name }) => name.startsWith('HF_TOKEN'));
    assert.deepEqual([hasToken(phase), hasToken({ ...phase, 'dataset.isPrivate': 'true' })], [false, true]);
  });

  test('name every setting that is unknown or out of its bounds', () => {
    const settings = {
      project: 'No Project',
      'database.diskGiB': '5',
      region: 'brazil',
      'search.index': 'lucene',
      extra: '1',
    };
    assert.throws(
      () => openEnvironment('prod', settings),
      (error: Error) => {
        assert.equal(error.name, 'ConfigError');
        for (const part of ['project', 'database.diskGiB', 'region', 'search', 'extra'])
          assert.ok(error.message.includes(part), part);
        return true;
      },
    );
  });

  test('size functions, and only those of the table', () => {
    const sized = openEnvironment('prod', { 'functions.embed.memoryMiB': '4096', 'functions.api.minInstances': '1' });
    const services = new Map(resourcesOf(synthesize(topologyOf(sized), sized), 'google_cloud_run_v2_service'));
    assert.equal(services.get('function-embed').template.containers[0].resources.limits.memory, '4096Mi');
    assert.equal(services.get('function-api').template.scaling.min_instance_count, 1);
    const unknown = openEnvironment('prod', { 'functions.embbed.memoryMiB': '4096' });
    assert.throws(() => synthesize(topologyOf(unknown), unknown), /prod sizes embbed, which is not in the table\./);
  });
});

describe('the settings of deployed functions', () => {
  const withEnricher = openEnvironment('prod', {
    'enricher.kind': 'http',
    'enricher.url': 'https://enricher.example/v1',
  });
  for (const environment of [prod, withTypesense, withEnricher]) {
    const services = new Map(resourcesOf(synthesize(topology, environment), 'google_cloud_run_v2_service'));
    for (const { name } of topology.functions) {
      test(`${name} reads all that it is given with ${environment.search.index} and ${environment.enricher.kind} enricher`, async () => {
        const { config } = (await import(`../../../functions/${name}/config.ts`)) as { config: z.ZodObject };
        const [container] = services.get(`function-${name}`).template.containers;
        const variables: { name: string; value: string }[] = container.env;
        const env = Object.fromEntries(variables.map((variable) => [variable.name, variable.value]));
        assert.doesNotThrow(() => loadConfig(config, env));
        assert.deepEqual(
          Object.keys(env).filter((variable) => !(variable in config.shape) && variable !== 'NODE_ENV'),
          [],
        );
      });
    }
  }

  test('the secret of a service comes with its address', () => {
    const services = new Map(resourcesOf(synthesize(topology, withEnricher), 'google_cloud_run_v2_service'));
    const names = services.get('function-enrich').template.containers[0].env.map(({ name }: { name: string }) => name);
    assert.ok(names.includes('ENRICHER_URL') && names.includes('ENRICHER_API_KEY_SECRET'));
  });
});
