import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openPglite } from '../../infra/local/pglite.ts';
import { readCopy, readTextArray, readTimestamp } from '../../shared/copy-format.ts';
import type { Database } from '../../shared/database.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

const databases: Record<string, { skip: string | false; open(): Promise<{ db: Database; drop(): Promise<void> }> }> = {
  Postgres: { skip: withoutPostgres, open: createTestDatabase },
  'the embedded database': {
    skip: false,
    open: async () => {
      const db = await openPglite();
      return { db, drop: () => db.close() };
    },
  },
};

for (const [name, { skip, open }] of Object.entries(databases)) {
  describe(`COPY out of ${name}`, { skip }, () => {
    let database: Pick<TestDatabase, 'db' | 'drop'>;
    before(async () => {
      database = await open();
    });
    after(() => database?.drop());

    const copy = (select: string) =>
      database.db.snapshot(async (tx) => {
        const { blocks, release } = await tx.copyOut(select);
        const rows = readCopy(blocks);
        const fields = Array.from({ length: rows.rowCount }, (_, index) =>
          rows.row(index).map((field) => (field === null ? null : Buffer.from(field))),
        );
        release();
        return fields;
      });

    test('texts come as UTF-8, whatever their length, and null as null', async () => {
      const rows = await copy(`values ('Água 🇧🇷'), (''), (null), (repeat('é', 1500000)), ('z')`);
      assert.deepEqual(
        rows.map(([text]) => text?.toString()),
        ['Água 🇧🇷', '', undefined, 'é'.repeat(1_500_000), 'z'],
      );
    });

    test('timestamps are exact from the year 1 to 9999', async () => {
      const texts = ['0001-06-01T00:00:00.000001Z', '1969-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'];
      const [row] = await copy(`select ${texts.map((text) => `timestamptz '${text}'`).join(', ')}`);
      assert.deepEqual(
        row?.map((field) => readTimestamp(field!)),
        [-62_122_550_399_999_999n, -1n, 253_402_300_799_999_999n],
      );
    });

    test('an infinite timestamp is refused', async () => {
      for (const [field] of await copy(`values (timestamptz 'infinity'), (timestamptz '-infinity')`)) {
        assert.throws(() => readTimestamp(field!), RangeError);
      }
    });

    test('lists keep empty and missing elements apart', async () => {
      const rows = await copy(`values (array['a', '', null, 'b,"c"']), ('{}'::text[])`);
      const lists = rows.map(([list]) => readTextArray(list!).map((element) => element?.toString() ?? null));
      assert.deepEqual(lists, [['a', '', null, 'b,"c"'], []]);
    });

    test('an answer without rows has none', async () => {
      assert.deepEqual(await copy('select 1 where false'), []);
    });

    test('a statement that fails is told, and the next one works', async () => {
      await database.db.snapshot(async (tx) => {
        await tx.query('savepoint here');
        await assert.rejects(tx.copyOut('select 1 / (2 - number) from generate_series(1, 3) as number'), /zero/);
        await tx.query('rollback to here');
        assert.deepEqual((await tx.query('select 1 as one')).rows, [{ one: 1 }]);
      });
    });

    test('bytes that are cut short are refused', async () => {
      const bytes = await database.db.snapshot(async (tx) =>
        Buffer.concat((await tx.copyOut(`values ('abc')`)).blocks),
      );
      assert.equal(readCopy([bytes]).rowCount, 1);
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => readCopy([bytes.subarray(0, length)]), RangeError, `${length} bytes`);
      }
    });
  });
}
