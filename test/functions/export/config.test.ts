import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { destinationSettings, openDestinations } from '../../../functions/export/config.ts';
import { loadConfig } from '../../../shared/config.ts';
import { ConfigError } from '../../../shared/errors.ts';

const open = (env: NodeJS.ProcessEnv) => openDestinations(loadConfig(z.object(destinationSettings), env));
const hubEnv = { HF_TOKEN: 'hf_a', EXPORT_REPO: 'nobody/news' };

test('a folder is the target where one is named, and the Hub is otherwise', () => {
  const names = (env: NodeJS.ProcessEnv) => {
    const { full, reduced } = open(env);
    return [full.target.url, full.repo, full.branch, reduced?.target.url];
  };
  const page = 'https://huggingface.co/datasets/nobody/news';
  assert.deepEqual(names({ EXPORT_DIR: '/data' }), [undefined, '/data', 'main', undefined]);
  assert.deepEqual(names(hubEnv), [page, 'nobody/news', 'main', undefined]);
  assert.deepEqual(names({ ...hubEnv, EXPORT_DIR: '/data' }), [undefined, 'nobody/news', 'main', undefined]);
  assert.deepEqual(names({ ...hubEnv, EXPORT_DIR: '/data', EXPORT_TARGET: 'hub' })[0], page);
  assert.deepEqual(
    names({
      ...hubEnv,
      EXPORT_REDUCED_REPO: 'nobody/reduced',
      EXPORT_BRANCH: 'trial',
      HF_ENDPOINT: 'http://127.0.0.1:8095/',
    }),
    [
      'http://127.0.0.1:8095/datasets/nobody/news',
      'nobody/news',
      'trial',
      'http://127.0.0.1:8095/datasets/nobody/reduced',
    ],
  );
});

test('what is missing or wrong is said together', () => {
  const refuses = (env: NodeJS.ProcessEnv, message: RegExp) => {
    assert.throws(() => open(env), { name: ConfigError.name, message });
  };
  refuses({}, /HF_TOKEN is not set; EXPORT_REPO is not set/);
  refuses({ ...hubEnv, EXPORT_REPO: 'news' }, /EXPORT_REPO is "news", not namespace\/name/);
  refuses({ ...hubEnv, EXPORT_REPO: '../../api' }, /not namespace\/name/);
  refuses({ ...hubEnv, EXPORT_REDUCED_REPO: 'nobody/news' }, /the same as EXPORT_REPO/);
  refuses({ EXPORT_TARGET: 'folder' }, /EXPORT_DIR is not set/);
  refuses({ ...hubEnv, HF_TOKEN: 'secret' }, /HF_TOKEN: must be a token of the Hub/);
  refuses({ ...hubEnv, HF_ENDPOINT: 'huggingface.co' }, /HF_ENDPOINT/);
});
