import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Catalogue, readCatalogue, type SourceEntry, type ThemeEntry } from '../../shared/catalogue.ts';
import { applyCatalogue } from '../../shared/catalogue-import.ts';
import { PermanentError } from '../../shared/errors.ts';
import { listAgencies, listSources, listThemes } from '../../shared/sql/catalogue.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

const origin = 'x.yaml:1';

function agency(key: string, fields: { name?: string; type?: string; parentKey?: string; url?: string } = {}) {
  return { key, name: `Agência ${key}`, type: null, parentKey: null, url: null, ...fields, origin };
}

function source(agencyKey: string, url: string, fields: Partial<SourceEntry> = {}): SourceEntry {
  return { agencyKey, url, platform: null, isActive: null, disabledReason: null, disabledAt: null, ...fields, origin };
}

function theme(code: string, label: string, fields: Partial<ThemeEntry> = {}): ThemeEntry {
  const level = code.split('.').length as ThemeEntry['level'];
  const parentCode = level === 1 ? null : code.slice(0, -3);
  const fullName = `${code} - ${label}`;
  return { code, label, fullName, level, parentCode, description: null, keywords: [], ...fields, origin };
}

const catalogue = (part: Partial<Catalogue>) => ({ agencies: [], sources: [], themes: [], ...part });
const nothing = { added: [], changed: [], unchanged: 0, kept: [], leftOut: [] };

describe('an import of a catalogue', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  const apply = (part: Partial<Catalogue>, force = false) => applyCatalogue(database.db, catalogue(part), { force });
  /** Changes with every write to a row, a write of the same values too. */
  const rowVersions = async () =>
    (
      await database.db.query(`
        select 'agency ' || key as name, xmin::text from agencies
        union all select url, xmin::text from sources
        union all select code, xmin::text from themes
        order by 1`)
    ).rows;

  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database?.drop());
  beforeEach(() => database.db.query('truncate agencies, sources, themes restart identity cascade'));

  test('loads the catalogue of the project, and writes nothing the second time', async () => {
    const own = await readCatalogue();
    const first = await applyCatalogue(database.db, own, { force: false });
    assert.equal(first.agencies.added.length, own.agencies.length);
    assert.equal(first.sources.added.length, own.sources.length);
    assert.equal(first.themes.added.length, own.themes.length);
    assert.ok(first.themes.added.includes('03 - Saúde'));
    assert.deepEqual(
      await listThemes(database.db),
      own.themes.map(({ origin: _, ...fields }) => fields),
    );

    const versions = await rowVersions();
    const second = await applyCatalogue(database.db, own, { force: false });
    assert.deepEqual(second, {
      agencies: { ...nothing, unchanged: own.agencies.length },
      sources: { ...nothing, unchanged: own.sources.length },
      themes: { ...nothing, unchanged: own.themes.length },
    });
    assert.deepEqual(await rowVersions(), versions);
  });

  test('writes only the rows that differ, and says which fields', async () => {
    await apply({
      agencies: [agency('mec'), agency('inep', { parentKey: 'mec' })],
      sources: [source('mec', 'https://www.gov.br/mec/n'), source('inep', 'https://www.gov.br/inep/n')],
      themes: [theme('02', 'Educação'), theme('02.01', 'Ensino')],
    });
    const versions = await rowVersions();
    const report = await apply({
      agencies: [agency('mec', { name: 'MEC', url: 'https://www.gov.br/mec' }), agency('inep'), agency('capes')],
      sources: [
        source('mec', 'https://www.gov.br/mec/n'),
        source('mec', 'https://www.gov.br/inep/n', { platform: 'volto' }),
      ],
      themes: [theme('02', 'EDUCACAO'), theme('02.01', 'Ensino'), theme('03', 'Saúde')],
    });
    assert.deepEqual(report, {
      agencies: { added: ['capes'], changed: ['mec (name, url)'], unchanged: 1, kept: [], leftOut: [] },
      sources: {
        added: [],
        changed: ['https://www.gov.br/inep/n (agencyKey, platform)'],
        unchanged: 1,
        kept: [],
        leftOut: [],
      },
      themes: {
        added: ['03 - Saúde'],
        changed: ['02 - EDUCACAO (label, fullName)'],
        unchanged: 1,
        kept: [],
        leftOut: [],
      },
    });
    const before = new Map(versions.map((row) => [row.name, row.xmin]));
    const written = (await rowVersions()).filter(({ name, xmin }) => before.get(name) !== xmin);
    assert.deepEqual(
      written.map(({ name }) => name),
      ['02', '03', 'agency capes', 'agency mec', 'https://www.gov.br/inep/n'],
    );
  });

  test('deletes nothing, and leaves what an entry does not say as it is stored', async () => {
    const full = agency('mec', { type: 'Ministério', url: 'https://www.gov.br/mec' });
    await apply({
      agencies: [agency('presidencia'), { ...full, parentKey: 'presidencia' }],
      themes: [theme('02', 'Educação', { description: 'Escolas.', keywords: ['escola'] })],
    });
    const report = await apply({ agencies: [agency('mec')], themes: [theme('02', 'Educação')] });
    assert.deepEqual([report.agencies.unchanged, report.themes.unchanged], [1, 1]);
    assert.deepEqual(
      (await listAgencies(database.db)).map(({ key, type, parentKey }) => [key, type, parentKey]),
      [
        ['mec', 'Ministério', 'presidencia'],
        ['presidencia', null, null],
      ],
    );
    assert.deepEqual((await listThemes(database.db))[0]?.keywords, ['escola']);
  });

  test('leaves what an operator and the runs have set on a source', async () => {
    const own = await readCatalogue();
    await applyCatalogue(database.db, own, { force: false });
    const [volto, other] = ['volto', null].map((platform) => own.sources.find((entry) => entry.platform === platform)!);
    await database.db.query(
      `update sources set platform = 'classic', user_agent = 'Mozilla/5.0', held_at = '2026-11-01', held_reason = 'h',
         is_active = false, disabled_reason = 'broken', disabled_at = '2026-11-02' where url = any($1)`,
      [[volto!.url, other!.url]],
    );
    const stored = async () => (await database.db.query('select * from sources order by id')).rows;
    const before = await stored();
    const { sources } = await applyCatalogue(database.db, own, { force: false });
    assert.deepEqual(sources, {
      ...nothing,
      unchanged: own.sources.length,
      kept: [`${volto!.url} (platform classic, not volto)`],
    });
    assert.deepEqual(await stored(), before);

    // A row that is written for another reason keeps them too.
    await apply({ agencies: [agency('other')], sources: [source('other', volto!.url, { platform: 'volto' })] });
    const moved = (await stored()).filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]));
    const row = before.find(({ url }) => url === volto!.url);
    assert.deepEqual(moved, [{ ...row, agency_key: 'other' }]);
  });

  test('leaves a disabled source disabled unless the file says that it is active', async () => {
    const url = 'https://www.gov.br/mec/n';
    const off = { isActive: false, disabledReason: 'URL retorna 404', disabledAt: new Date('2025-01-15T03:00:00Z') };
    const stored = async () => {
      const [row] = await listSources(database.db);
      return { isActive: row?.isActive, disabledReason: row?.disabledReason, disabledAt: row?.disabledAt };
    };
    await apply({ agencies: [agency('mec')], sources: [source('mec', url, off)] });
    assert.deepEqual(await stored(), off);
    assert.equal((await apply({ sources: [source('mec', url)] })).sources.unchanged, 1);
    assert.deepEqual(await stored(), off);
    await apply({ sources: [source('mec', url, { isActive: true })] });
    assert.deepEqual(await stored(), { isActive: true, disabledReason: null, disabledAt: null });
  });

  test('refuses a code that would change its meaning, and writes nothing of that import', async () => {
    await apply({ themes: [theme('22', 'Eventos Oficiais', { keywords: ['posse'] })] });
    const refused = apply({ agencies: [agency('mec')], themes: [theme('22', 'Minorias'), theme('23', 'Habitação')] });
    await assert.rejects(refused, (error: unknown) => {
      assert.ok(error instanceof PermanentError);
      assert.match(
        error.message,
        /^A theme code must keep its meaning.*--force.*: x\.yaml:1 22 means "Eventos Oficiais" and would become "Minorias"$/,
      );
      return true;
    });
    assert.deepEqual(await listAgencies(database.db), []);
    assert.equal((await listThemes(database.db)).length, 1);
  });

  test('changes a meaning when forced, and drops the words of the old one', async () => {
    await apply({ themes: [theme('22', 'Eventos', { description: 'Posses.', keywords: ['posse'] })] });
    const report = await apply({ themes: [theme('22', 'Minorias')] }, true);
    assert.deepEqual(report.themes.changed, ['22 - Minorias (label, fullName, description, keywords)']);
    const [stored] = await listThemes(database.db);
    assert.deepEqual([stored?.label, stored?.description, stored?.keywords], ['Minorias', null, []]);
  });

  test('refuses references to agencies that nobody knows, all in one message', async () => {
    await assert.rejects(
      apply({
        agencies: [agency('inep', { parentKey: 'mec' })],
        sources: [source('capes', 'https://www.gov.br/capes/n')],
      }),
      {
        name: 'PermanentError',
        message:
          'x.yaml:1 inep has the unknown parent mec; ' +
          'x.yaml:1 https://www.gov.br/capes/n belongs to the unknown agency capes',
      },
    );
    assert.deepEqual(await listAgencies(database.db), []);
  });

  test('leaves out a disabled source of an agency that nobody knows', async () => {
    const off = source('lapoc', 'https://www.gov.br/lapoc/n', { isActive: false });
    const report = await apply({
      agencies: [agency('mec')],
      sources: [off, source('mec', 'https://www.gov.br/mec/n')],
    });
    assert.deepEqual(report.sources, { ...nothing, added: ['https://www.gov.br/mec/n'], leftOut: [off.url] });
  });

  test('names ten of many problems, and how many more there are', async () => {
    const codes = Array.from({ length: 12 }, (_, index) => String(index + 10));
    await apply({ themes: codes.map((code) => theme(code, 'Antes')) });
    await assert.rejects(
      apply({ themes: codes.map((code) => theme(code, 'Depois')) }),
      /: x\.yaml:1 10 means .* 19 means "Antes" and would become "Depois"; and 2 more$/,
    );
  });

  test('accepts references to what another import has brought', async () => {
    await apply({ agencies: [agency('mec')] });
    await apply({ agencies: [agency('inep', { parentKey: 'mec' })], sources: [source('mec', 'https://www.gov.br/n')] });
    assert.equal((await listSources(database.db))[0]?.agencyKey, 'mec');
  });

  test('that runs twice at once adds everything once', async () => {
    const own = await readCatalogue();
    const reports = await Promise.all([1, 2, 3].map(() => applyCatalogue(database.db, own, { force: false })));
    assert.equal(
      reports.reduce((sum, { themes }) => sum + themes.added.length, 0),
      own.themes.length,
    );
    assert.deepEqual(
      reports.flatMap(({ agencies, sources, themes }) => [agencies, sources, themes].flatMap(({ changed }) => changed)),
      [],
    );
  });

  test('does not wait for a transaction that writes news of an agency', { timeout: 60_000 }, async () => {
    await apply({ agencies: [agency('mec')] });
    await database.db.transaction(async (tx) => {
      await tx.query(`select from agencies where key = 'mec' for key share`);
      await apply({ agencies: [agency('mec', { name: 'MEC' })] });
    });
    assert.equal((await listAgencies(database.db))[0]?.name, 'MEC');
  });
});
