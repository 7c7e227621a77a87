import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Agency, Source } from '../../../shared/catalogue.ts';
import {
  listAgencies,
  listSources,
  listThemes,
  lockCatalogue,
  upsertAgencies,
  upsertSources,
  upsertThemes,
} from '../../../shared/sql/catalogue.ts';
import type { Theme } from '../../../shared/theme.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('the statements of the catalogue', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database?.drop());

  test('give back agencies and sources as they were put in, and replace them by key and address', async () => {
    const { db } = database;
    const agencies: Agency[] = [
      { key: 'inep', name: 'D\'Ávila, "Anísio" {x}', type: null, parentKey: 'mec', url: null },
      {
        key: 'mec',
        name: 'Ministério da Educação',
        type: 'Ministério',
        parentKey: null,
        url: 'https://www.gov.br/mec',
      },
    ];
    const sources: Source[] = [
      {
        agencyKey: 'inep',
        url: 'https://www.gov.br/inep/n',
        platform: null,
        isActive: false,
        disabledReason: 'URL retorna 404, "fora do ar"',
        disabledAt: new Date('2025-01-15T03:00:00Z'),
      },
      {
        agencyKey: 'mec',
        url: 'https://www.gov.br/mec/n',
        platform: 'volto',
        isActive: true,
        disabledReason: null,
        disabledAt: null,
      },
    ];
    await upsertAgencies(db, agencies);
    await upsertSources(db, sources);
    assert.deepEqual(await listAgencies(db), agencies);
    assert.deepEqual(await listSources(db), sources);

    const moved: Source = { ...sources[0]!, agencyKey: 'mec', isActive: true, disabledReason: null, disabledAt: null };
    await upsertAgencies(db, [{ ...agencies[0]!, name: 'Inep' }]);
    await upsertSources(db, [moved]);
    assert.deepEqual(
      (await listAgencies(db)).map(({ name }) => name),
      ['Inep', 'Ministério da Educação'],
    );
    assert.deepEqual(await listSources(db), [moved, sources[1]]);
  });

  test('give back themes with their words in order, whatever order they come in', async () => {
    const { db } = database;
    const child: Theme = {
      code: '03.01',
      label: 'Vacinação',
      fullName: '03.01 - Vacinação',
      level: 2,
      parentCode: '03',
      description: null,
      keywords: ['vacina', 'dose de "reforço"', 'a,b', '{c}', '\\', 'null'],
    };
    const parent: Theme = {
      code: '03',
      label: 'Saúde',
      fullName: '03 - Saúde',
      level: 1,
      parentCode: null,
      description: 'SUS.',
      keywords: [],
    };
    await upsertThemes(db, [child, parent]);
    assert.deepEqual(await listThemes(db), [parent, child]);
    await upsertThemes(db, [{ ...parent, keywords: ['SUS'] }]);
    assert.deepEqual(await listThemes(db), [{ ...parent, keywords: ['SUS'] }, child]);
  });

  test('let one writer at a time in, and readers always', async () => {
    const { db } = database;
    const order: string[] = [];
    const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>();
    const first = db.transaction(async (tx) => {
      await lockCatalogue(tx);
      locked();
      await listAgencies(db);
      order.push('read');
      while ((await countWaiting()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      order.push('first');
    });
    await isLocked;
    const second = db.transaction(async (tx) => {
      await lockCatalogue(tx);
      order.push('second');
    });
    await Promise.all([first, second]);
    assert.deepEqual(order, ['read', 'first', 'second']);

    async function countWaiting(): Promise<number> {
      const { rows } = await db.query<{ count: number }>(`
        select count(*)::int as count from pg_locks
        where not granted and relation = 'agencies'::regclass`);
      return rows[0]!.count;
    }
  });
});
