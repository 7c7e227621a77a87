import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';
import { ConfigError } from '../../shared/errors.ts';
import { readLocation, sessionSettings, storageSettings } from '../../shared/storage-settings.ts';

const locate = (env: NodeJS.ProcessEnv) => readLocation(loadConfig(z.object(storageSettings), env));
const hub = { branch: 'main', endpoint: 'https://huggingface.co', token: undefined };

describe('storage settings', () => {
  test('articles are read from Postgres unless the dataset is the backend', () => {
    assert.equal(locate({}), null);
    assert.equal(locate({ STORAGE_BACKEND: 'dual_write' }), null);
    assert.equal(locate({ STORAGE_BACKEND: 'huggingface', STORAGE_READ_FROM: 'postgres' }), null);
    assert.deepEqual(locate({ STORAGE_BACKEND: 'huggingface', EXPORT_REPO: 'a/b' }), { id: 'a/b', ...hub });
    assert.deepEqual(
      locate({ STORAGE_BACKEND: 'dual_write', STORAGE_READ_FROM: 'huggingface', EXPORT_REPO: 'a/b', HF_TOKEN: 'hf_x' }),
      { id: 'a/b', ...hub, token: 'hf_x' },
    );
    const both = { STORAGE_BACKEND: 'huggingface', EXPORT_DIR: '/d', EXPORT_REPO: 'a/b' };
    assert.deepEqual(locate(both), { folder: '/d' });
    assert.deepEqual(locate({ ...both, EXPORT_TARGET: 'hub' }), { id: 'a/b', ...hub });
  });

  test('readers of a dataset that nobody keeps up to date are refused', () => {
    assert.throws(
      () => locate({ STORAGE_READ_FROM: 'huggingface', EXPORT_REPO: 'a/b' }),
      (error) =>
        error instanceof ConfigError && /STORAGE_BACKEND=dual_write.*STORAGE_READ_FROM=postgres/.test(error.message),
    );
  });

  test('a dataset without a name is refused', () => {
    assert.throws(() => locate({ STORAGE_BACKEND: 'huggingface' }), /neither EXPORT_REPO nor EXPORT_DIR/);
    assert.throws(
      () => locate({ STORAGE_BACKEND: 'huggingface', EXPORT_TARGET: 'folder', EXPORT_REPO: 'a/b' }),
      /neither/,
    );
  });

  test('a backend that does not exist is refused', () => {
    assert.throws(() => locate({ STORAGE_BACKEND: 'mysql' }), /STORAGE_BACKEND/);
    assert.throws(() => locate({ STORAGE_READ_FROM: 'dual_write' }), /STORAGE_READ_FROM/);
  });

  test('sessions of Postgres alone have no setting', () => {
    assert.deepEqual(sessionSettings('postgres'), {});
    assert.deepEqual(sessionSettings('dual_write'), { 'destaques.storage_backend': 'dual_write' });
  });
});
