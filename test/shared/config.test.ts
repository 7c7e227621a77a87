import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { integer, loadConfig } from '../../shared/config.ts';
import { databaseSettings, openDatabase } from '../../shared/database-config.ts';
import { ConfigError } from '../../shared/errors.ts';

const schema = z.object({
  KEY: z.string(),
  SIZE: integer(1, 10).default(5),
  MODE: z.enum(['a', 'b']).optional(),
});

test('trims values, and takes an empty one for unset', () => {
  assert.deepEqual(loadConfig(schema, { KEY: ' secret\n', SIZE: '  ', MODE: '' }), { KEY: 'secret', SIZE: 5 });
});

test('reports all problems together, by the names of the variables and without their values', () => {
  assert.throws(
    () => loadConfig(schema, { KEY: ' ', SIZE: 'eleven', MODE: 'hunter2' }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /KEY: is not set/);
      assert.match(error.message, /SIZE: must be a whole number/);
      assert.match(error.message, /MODE: must be one of a, b$/);
      assert.doesNotMatch(error.message, /eleven|hunter2/);
      return true;
    },
  );
});

test('reads no variable that its schema does not name', () => {
  const env = Object.defineProperty({ KEY: 'k' }, 'OTHER', { enumerable: true, get: () => assert.fail('was read') });
  assert.deepEqual(loadConfig(schema, env), { KEY: 'k', SIZE: 5 });
});

test('a whole number is digits within its bounds and nothing else', () => {
  const size = (text: string) => loadConfig(schema, { KEY: 'k', SIZE: text }).SIZE;
  assert.equal(size('10'), 10);
  for (const text of ['0', '11', '1.5', '1e1', '0x5', 'NaN', '5 5', '٣', '9'.repeat(400)]) {
    assert.throws(() => size(text), ConfigError, text);
  }
});

test('a database is a URL or an instance with its user', async () => {
  const config = z.object(databaseSettings);
  assert.throws(
    () => loadConfig(config, { DATABASE_URL: 'mysql://u:hunter2@h/d' }),
    (error: Error) => {
      assert.match(error.message, /DATABASE_URL/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
  for (const env of [{}, { INSTANCE_CONNECTION_NAME: 'p:r:i' }]) {
    await assert.rejects(
      async () => openDatabase(loadConfig(config, env)),
      /DATABASE_URL, or INSTANCE_CONNECTION_NAME/,
    );
  }
});
