import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, mock, test } from 'node:test';
import { openEmbeddedDatabase } from '../../../infra/local/embedded-database.ts';
import { ConfigError } from '../../../shared/errors.ts';

describe('the embedded database of a data folder', () => {
  let folder: string;
  let data: string;
  let dataDir: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedded-'));
    data = join(folder, 'good');
    dataDir = join(data, 'postgres');
  });
  beforeEach(() => mock.restoreAll());
  after(() => rm(folder, { recursive: true, force: true }));

  /** Opens and closes a database, and returns what it held and what stderr was told meanwhile. */
  async function openOnce(path: string) {
    const write = mock.method(process.stderr, 'write', () => true);
    try {
      const db = await openEmbeddedDatabase(path);
      await db.query('create table if not exists items (value integer)');
      await db.query('insert into items values (1)');
      const { rowCount } = await db.query('select from items');
      await db.close();
      return { rowCount, shown: write.mock.calls.map(({ arguments: [text] }) => String(text)).join('') };
    } finally {
      write.mock.restore();
    }
  }

  async function isRefused(path: string, pattern: RegExp) {
    await assert.rejects(openEmbeddedDatabase(path), (error: Error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.ok(error.message.includes(join(path, 'postgres')));
      assert.match(error.message, pattern);
      assert.match(error.message, /restore it .* --fresh.* --data$/);
      return true;
    });
  }

  test('is announced when it is created, and only then', async () => {
    assert.deepEqual(await openOnce(data), {
      rowCount: 1,
      shown: `Creating the embedded database in ${dataDir} (a few seconds) …\n`,
    });
    assert.deepEqual(await openOnce(data), { rowCount: 2, shown: '' });
    assert.deepEqual((await readdir(data)).sort(), ['lock', 'postgres']);
  });

  test('is made anew when its creation was interrupted', async () => {
    const interrupted = join(folder, 'interrupted');
    await mkdir(join(interrupted, 'postgres.unfinished/base'), { recursive: true });
    await writeFile(join(interrupted, 'postgres.unfinished/PG_VERSION'), '');
    assert.equal((await openOnce(interrupted)).rowCount, 1);
    assert.deepEqual((await readdir(interrupted)).sort(), ['lock', 'postgres']);
  });

  test('is refused, and left as it is, without PG_VERSION', async () => {
    const copy = join(folder, 'copy');
    await cp(data, copy, { recursive: true });
    await rm(join(copy, 'postgres/PG_VERSION'));
    const names = await readdir(join(copy, 'postgres'));
    await isRefused(copy, /PG_VERSION is missing/);
    assert.deepEqual(await readdir(join(copy, 'postgres')), names);
    await isRefused(copy, /PG_VERSION is missing/);
  });

  test('is refused by one line when it is damaged', async () => {
    for (const file of ['global/pg_control', 'postgresql.conf']) {
      const copy = join(folder, 'damaged');
      await rm(copy, { recursive: true, force: true });
      await cp(data, copy, { recursive: true });
      await (file === 'postgresql.conf' ? rm(join(copy, 'postgres', file)) : truncate(join(copy, 'postgres', file)));
      await isRefused(copy, /^[^\n]{1,700}$/);
    }
  });
});
