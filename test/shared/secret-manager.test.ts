import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { OAuth2Client } from 'google-auth-library';
import { z } from 'zod';
import { createHttpEnricher } from '../../functions/enrich/http-enricher.ts';
import { loadConfig } from '../../shared/config.ts';
import { ConfigError, RetryableError } from '../../shared/errors.ts';
import { openHubDataset } from '../../shared/hub.ts';
import { openHubSource } from '../../shared/hub-files.ts';
import { searchIndexSettings } from '../../shared/search-index-settings.ts';
import { askWithSecret, asSecret } from '../../shared/secret.ts';
import { openSecret, type SecretManagerOptions } from '../../shared/secret-manager.ts';
import { secretName } from '../../shared/secret-name.ts';
import { secretOf } from '../../shared/secret-settings.ts';
import { createTypesense } from '../../shared/typesense.ts';
import { startEnricher } from '../stand-ins/enricher.ts';
import { startHub } from '../stand-ins/hub.ts';
import { type SecretManagerStandIn, startSecretManager } from '../stand-ins/secret-manager.ts';
import { startTypesense } from '../stand-ins/typesense.ts';

let manager: SecretManagerStandIn;
beforeEach(async () => {
  manager = await startSecretManager();
});
afterEach(() => manager.close());

const nameOf = (text: string) => secretName.parse(`projects/${manager.project}/secrets/${text}`);
const open = (text: string, options: SecretManagerOptions = {}) =>
  openSecret(nameOf(text), { endpoint: manager.url, ...options });

/** A clock that stands still until it is told. */
function createClock() {
  let ms = 0;
  return {
    now: () => ms,
    pass: (more: number) => {
      ms += more;
    },
  };
}

describe('a secret of Secret Manager', () => {
  test('is its latest version unless one is pinned, without the newline that it was stored with', async () => {
    manager.add('key', 'first\n');
    manager.add('key', ' second\r\n');
    assert.equal(await open('key').read(), 'second');
    assert.equal(await open('key/versions/latest').read(), 'second');
    assert.equal(await open('key/versions/1').read(), 'first');
  });

  test('is asked for as whoever runs this', async () => {
    const guarded = await startSecretManager({ token: 'ya29.token' });
    try {
      guarded.add('key', 'value');
      const authClient = new OAuth2Client();
      const options = { endpoint: guarded.url, authClient };
      authClient.setCredentials({ access_token: 'ya29.token' });
      assert.equal(await openSecret(nameOf('key'), options).read(), 'value');
      await assert.rejects(openSecret(nameOf('key'), { endpoint: guarded.url }).read(), /invalid authentication/);
    } finally {
      await guarded.close();
    }
  });

  test('is read once by many who need it at the same time, and again when it is old', async () => {
    manager.add('key', 'first');
    const clock = createClock();
    const secret = open('key', { now: clock.now, maxAgeMs: 1000 });
    assert.deepEqual(manager.requests(), []);
    assert.deepEqual(await Promise.all([secret.read(), secret.read(), secret.read()]), ['first', 'first', 'first']);
    manager.add('key', 'second');
    clock.pass(999);
    assert.equal(await secret.read(), 'first');
    assert.equal(manager.requests().length, 1);
    clock.pass(1);
    assert.deepEqual(await Promise.all([secret.read(), secret.read()]), ['second', 'second']);
    assert.equal(manager.requests().length, 2);
  });

  test('that is refused is read anew once for all who were refused, and not at once again', async () => {
    manager.add('key', 'first');
    const clock = createClock();
    const secret = open('key', { now: clock.now, minAgeMs: 1000 });
    await secret.read();
    clock.pass(1000);
    manager.add('key', 'second');
    assert.deepEqual(await Promise.all([secret.renew('first'), secret.renew('first')]), ['second', 'second']);
    assert.equal(await secret.renew('first'), 'second');
    assert.equal(manager.requests().length, 2);
    assert.equal(await secret.renew('second'), 'second');
    assert.equal(manager.requests().length, 2);
    clock.pass(1000);
    assert.equal(await secret.renew('second'), 'second');
    assert.equal(manager.requests().length, 3);
  });

  test('serves on for a while where Secret Manager does not answer, and no longer', async () => {
    manager.add('key', 'value');
    const clock = createClock();
    const secret = open('key', { now: clock.now, maxAgeMs: 1000, maxStaleMs: 5000, timeoutMs: 200 });
    await secret.read();
    clock.pass(4999);
    manager.failNext(100);
    assert.equal(await secret.read(), 'value');
    clock.pass(1);
    await assert.rejects(secret.read(), RetryableError);
    manager.failNext(0);
    assert.equal(await secret.read(), 'value');
  });

  test('is read at the second try where the first finds the service unavailable', async () => {
    manager.add('key', 'value');
    manager.failNext(1);
    assert.equal(await open('key').read(), 'value');
  });

  describe('that cannot be read is a ConfigError with the command that mends it:', () => {
    const refuses = async (text: string, message: RegExp) => {
      const secret = open(text);
      for (let time = 0; time < 2; time++) {
        await assert.rejects(secret.read(), (error) => {
          assert.ok(error instanceof ConfigError, `${error}`);
          assert.ok(error.message.includes(`projects/${manager.project}/secrets/key/versions/`), error.message);
          assert.match(error.message, message);
          return true;
        });
      }
    };

    test('there is none, or it has no version', async () => {
      const mended = /gcloud secrets create key --project=destaques-test; gcloud secrets versions add key --project=/;
      await refuses('key', mended);
      manager.create('key');
      await refuses('key', mended);
    });

    test('the version that is pinned is not there', async () => {
      manager.add('key', 'value');
      await refuses('key/versions/7', /no such version\. gcloud secrets versions list key --project=destaques-test/);
    });

    test('the version is disabled or destroyed', async () => {
      manager.add('key', 'value');
      manager.setState('key', manager.add('key', 'value'), 'DISABLED');
      await refuses('key', /DISABLED state\.*? gcloud secrets versions enable 2 --secret=key --project=destaques-test/);
      manager.setState('key', 2, 'DESTROYED');
      await refuses('key', /DESTROYED state.*gcloud secrets versions add key --project=destaques-test --data-file=-/);
    });

    test('nobody allowed it', async () => {
      manager.add('key', 'value');
      manager.deny('key');
      await refuses(
        'key',
        /add-iam-policy-binding key --project=destaques-test --role=roles\/secretmanager\.secretAccessor/,
      );
    });

    test('the API is switched off', async () => {
      manager.switchOff();
      await refuses('key', /gcloud services enable secretmanager\.googleapis\.com --project=destaques-test/);
    });

    test('it is empty, or blank', async () => {
      manager.add('key', ' \n');
      await refuses(
        'key',
        /versions\/latest is empty\. gcloud secrets versions add key --project=destaques-test --data-file=-/,
      );
    });

    test('it is more than one line, which no error repeats', async () => {
      manager.add('key', 'first\nsecond');
      await refuses('key', /has blanks, line ends or foreign letters in it\. gcloud secrets versions add key/);
      await assert.rejects(open('key').read(), ({ message }) => !/first|second/.test(message));
    });
  });
});

test('a name that is none is refused with the form of one', () => {
  for (const text of ['key', 'projects/p/secrets/key', 'projects/project-1/secrets/key/versions/', 'hf_token']) {
    assert.match(secretName.safeParse(text).error!.issues[0]!.message, /projects\/PROJECT\/secrets\/NAME/, text);
  }
});

describe('a service that refuses a secret', () => {
  const ask = (good: string, asked: string[]) => async (value: string) => {
    asked.push(value);
    return value === good;
  };

  test('is asked once more with the one that replaced it, and not in a loop', async () => {
    manager.add('key', 'first');
    const secret = open('key', { minAgeMs: 0 });
    await secret.read();
    manager.add('key', 'second');
    const asked: string[] = [];
    assert.equal(await askWithSecret(secret, ask('second', asked), (isGood) => !isGood), true);
    assert.deepEqual(asked, ['first', 'second']);
    manager.add('key', 'third');
    assert.equal(await askWithSecret(secret, ask('fourth', asked), (isGood) => !isGood), false);
    assert.deepEqual(asked.slice(2), ['second', 'third']);
  });

  test('is not asked again with the same', async () => {
    manager.add('key', 'wrong');
    for (const secret of [open('key', { minAgeMs: 0 }), asSecret('wrong')]) {
      const asked: string[] = [];
      assert.equal(await askWithSecret(secret, ask('right', asked), (isGood) => !isGood), false);
      assert.deepEqual(asked, ['wrong']);
    }
  });

  /** A secret that an instance has read and that was replaced since. */
  const replaced = async (old: string, value: string) => {
    manager.add('key', `${old}\n`);
    const secret = open('key', { minAgeMs: 0 });
    assert.equal(await secret.read(), old);
    manager.add('key', `${value}\n`);
    return secret;
  };

  test('a token of the Hub is replaced while an instance runs: what writes and what reads go on', async () => {
    const hub = await startHub({ token: 'hf_new' });
    const repo = 'nobody/news';
    try {
      await hub.create(repo);
      const token = await replaced('hf_old', 'hf_new');
      const dataset = openHubDataset({ endpoint: hub.url, token, repo, branch: 'main' });
      const parent = await dataset.readHead();
      const card = { path: 'README.md', text: 'texto' };
      assert.notEqual(
        await dataset.commit({ parent, title: 'card', texts: [card], objects: [], deletes: [] }),
        'head-moved',
      );
      const reading = openHubSource(repo, 'main', { endpoint: hub.url, token: await replaced('hf_old', 'hf_new') });
      await assert.rejects(reading, /holds no Parquet file/);
      await assert.rejects(openHubSource(repo, 'main', { endpoint: hub.url, token: 'hf_old' }), /answers 401/);
    } finally {
      await hub.close();
    }
  });

  test('so is the key of Typesense', async () => {
    const server = await startTypesense({ apiKey: 'new' });
    const { hostname: host, port } = new URL(server.url);
    try {
      const apiKey = await replaced('old', 'new');
      const typesense = createTypesense({ host, port: Number(port), protocol: 'http', apiKey });
      assert.deepEqual(await typesense.collections.list(), []);
      typesense.close();
    } finally {
      await server.close();
    }
  });

  test('and that of the enricher', async () => {
    const enricher = await startEnricher({ apiKey: 'new' });
    try {
      const apiKey = await replaced('old', 'new');
      const { enrich } = createHttpEnricher({ url: enricher.url, apiKey });
      const article = { ...{ title: 'Vacina', subtitle: null, editorialLead: null }, content: 'A vacina chegou.' };
      const { summary } = await enrich({ ...article, category: null, tags: [], agencyKey: 'saude' }, []);
      assert.ok(summary);
    } finally {
      await enricher.close();
    }
  });
});

test('settings give a secret by its value, or say where Secret Manager keeps it; the value goes first', async () => {
  manager.add('key', 'kept\n');
  const place = {
    TYPESENSE_API_KEY_SECRET: `projects/${manager.project}/secrets/key/versions/1`,
    SECRET_MANAGER_ENDPOINT: manager.url,
  };
  const read = async (env: Record<string, string>) => {
    const secret = secretOf(loadConfig(z.object(searchIndexSettings), env), 'TYPESENSE_API_KEY');
    return secret === undefined ? undefined : await asSecret(secret).read();
  };
  assert.equal(await read({}), undefined);
  assert.equal(await read(place), 'kept');
  assert.equal(await read({ ...place, TYPESENSE_API_KEY: 'given\n' }), 'given');
  assert.throws(
    () => loadConfig(z.object(searchIndexSettings), { TYPESENSE_API_KEY_SECRET: 'key' }),
    /TYPESENSE_API_KEY_SECRET: must be projects\/PROJECT\/secrets\/NAME/,
  );
});
