import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Database } from '../../../shared/database.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { deleteFromJournal, listJournal, readJournalState } from '../../../shared/sql/journal.ts';
import { sessionSettings } from '../../../shared/storage-settings.ts';
import { seedArticle } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('journal', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  before(async () => {
    database = await createTestDatabase();
    db = await openPostgres({ url: database.url }, { sessionSettings: sessionSettings('dual_write') });
  });
  beforeEach(() => db.query('truncate news, hub_journal cascade'));
  after(async () => {
    await db?.close();
    await database?.drop();
  });
  const seed = async (name: string) =>
    (await seedArticle(db, { title: name, canonicalUrl: `https://www.gov.br/${name}` })).unique_id;

  test('lists the oldest changes first, and strikes them off', async () => {
    const ids = [await seed('a'), await seed('b'), await seed('c')];
    const records = await listJournal(db, 2);
    assert.deepEqual(
      records,
      ids.slice(0, 2).map((uniqueId) => ({ uniqueId, version: 1 })),
    );
    assert.equal(await deleteFromJournal(db, records), 2);
    assert.deepEqual(await listJournal(db, 10), [{ uniqueId: ids[2], version: 1 }]);
    const { open, oldest_at: oldestAt } = await readJournalState(db);
    assert.deepEqual([open, oldestAt instanceof Date], [1, true]);
    assert.equal(await deleteFromJournal(db, []), 0);
  });

  test('keeps what changed after it was listed', async () => {
    const [changed, deleted] = [await seed('a'), await seed('b')];
    await seed('c');
    const records = await listJournal(db, 10);
    await db.query(`update news set summary = 'Resumo' where unique_id = $1`, [changed]);
    await db.query('delete from news where unique_id = $1', [deleted]);
    assert.equal(await deleteFromJournal(db, records), 1);
    assert.deepEqual(
      new Map((await listJournal(db, 10)).map(({ uniqueId, version }) => [uniqueId, version])),
      new Map([
        [changed, 2],
        [deleted, 2],
      ]),
    );
  });

  test('keeps an article that was deleted and stored anew in the meantime', async () => {
    const id = await seed('a');
    const records = await listJournal(db, 10);
    await db.query('delete from news');
    await seed('a');
    assert.equal(await deleteFromJournal(db, records), 0);
    assert.deepEqual(await listJournal(db, 10), [{ uniqueId: id, version: 3 }]);
  });

  test('neither waits for a writer nor strikes off what it is changing', async () => {
    const [held, free] = [await seed('a'), await seed('b')];
    const records = await listJournal(db, 10);
    await db.transaction(async (tx) => {
      await tx.query(`update news set summary = 'Resumo' where unique_id = $1`, [held]);
      // On another connection, while this one holds the row.
      assert.equal(await deleteFromJournal(db, records), 1);
    });
    assert.deepEqual(await listJournal(db, 10), [{ uniqueId: held, version: 2 }]);
    assert.notEqual(held, free);
  });

  test('loses no change and meets no deadlock while writers and flushes run side by side', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 8; index += 1) ids.push(await seed(`artigo-${index}`));
    const seen = new Map<string, number>();
    const write = async (order: readonly string[]) => {
      for (let round = 0; round < 15; round += 1) {
        await db.transaction(async (tx) => {
          await tx.query(
            `update news set summary = 'Resumo ' || version
             where unique_id in (select unique_id from news where unique_id = any($1::text[]) order by unique_id for update)`,
            [order],
          );
        });
      }
    };
    let isWriting = true;
    const flush = async () => {
      while (isWriting) {
        const records = await listJournal(db, 100);
        // What an export would have read by now.
        const { rows } = await db.query<{ unique_id: string; version: number }>('select unique_id, version from news');
        for (const { unique_id, version } of rows) seen.set(unique_id, version);
        await deleteFromJournal(db, records);
      }
    };
    const flushing = flush();
    await Promise.all([write(ids), write(ids.toReversed()), write(ids.slice(3))]);
    isWriting = false;
    await flushing;
    const open = new Set((await listJournal(db, 100)).map(({ uniqueId }) => uniqueId));
    const { rows } = await db.query<{ unique_id: string; version: number }>('select unique_id, version from news');
    for (const { unique_id: id, version } of rows) {
      assert.ok(seen.get(id) === version || open.has(id), `${id}: read at ${seen.get(id)}, is at ${version}`);
    }
  });
});
