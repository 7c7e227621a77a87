import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Api, databases, type OpenDatabase, serveApi } from './api-server.ts';
import { seedArticles, seedCatalogue } from './seed.ts';

const legacyId = '0123456789abcdef0123456789abcdef';
const sharedLegacyId = 'fedcba9876543210fedcba9876543210';

for (const { name, skip, open } of databases) {
  describe(`articles on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let api: Api;
    before(async () => {
      database = await open();
      await seedCatalogue(database.db);
      await seedArticles(database.db, [
        {
          id: 'exame_0a1b2c',
          legacyId,
          title: 'Exame',
          content: '# Texto\n\n"Aspas" & ação',
          summary: 'Resumo',
          themes: ['02', '02.01', '02.01.01'],
          contentHash: '0011223344556677',
        },
        { id: 'sem-tema_000001', title: 'Sem tema', agency: 'ibge' },
        { id: 'removida_000002', legacyId: 'ffffffffffffffffffffffffffffffff', title: 'Removida', isRemoved: true },
        { id: 'gemea-removida_000003', legacyId: sharedLegacyId, title: 'Gêmea removida', isRemoved: true },
        { id: 'gemea_000004', legacyId: sharedLegacyId, title: 'Gêmea', publishedAt: '2020-01-01T00:00:00Z' },
      ]);
      await database.db.query(
        `insert into news_features (unique_id, features) values ('exame_0a1b2c', '{"word_count": 3, "entities": ["MEC"]}')`,
      );
      await database.db.query(`insert into import_twins values ('registro-gemeo_00ff00', 'exame_0a1b2c')`);
      api = await serveApi(database.db);
    });
    after(async () => {
      await api?.close();
      await database?.drop();
    });

    test('reads an article in full', async () => {
      const { status, body, headers } = await api.get('/articles/exame_0a1b2c');
      assert.equal(status, 200);
      assert.equal(headers.get('cache-control'), 'public, max-age=60');
      const { extracted_at, version, revision, ...fields } = body;
      assert.ok(Date.now() - Date.parse(extracted_at) < 600_000);
      assert.deepEqual([typeof version, typeof revision], ['number', 'number']);
      assert.deepEqual(fields, {
        unique_id: 'exame_0a1b2c',
        legacy_unique_id: legacyId,
        agency_key: 'mec',
        agency_name: 'Ministério da Educação',
        published_at: '2026-01-10T15:00:00.000Z',
        published_at_source: 'page',
        updated_datetime: null,
        title: 'Exame',
        subtitle: null,
        editorial_lead: null,
        url: 'https://www.gov.br/exame_0a1b2c',
        canonical_url: null,
        content: '# Texto\n\n"Aspas" & ação',
        image_url: null,
        video_url: null,
        category: null,
        tags: [],
        theme_1_level_1_code: '02',
        theme_1_level_1_label: 'Educação',
        theme_1_level_2_code: '02.01',
        theme_1_level_2_label: 'Educação Básica',
        theme_1_level_3_code: '02.01.01',
        theme_1_level_3_label: 'Ensino Médio',
        most_specific_theme_code: '02.01.01',
        most_specific_theme_label: 'Ensino Médio',
        summary: 'Resumo',
        content_hash: '0011223344556677',
        features: { word_count: 3, entities: ['MEC'] },
      });
    });

    test('finds an article by the id of a record that went into it when it was imported', async () => {
      const { body } = await api.get('/articles/registro-gemeo_00ff00');
      assert.equal(body.unique_id, 'exame_0a1b2c');
    });

    test('leaves themes and features null where an article has none', async () => {
      const { body } = await api.get('/articles/sem-tema_000001');
      assert.deepEqual(
        [body.theme_1_level_1_code, body.most_specific_theme_code, body.features, body.summary],
        [null, null, null, null],
      );
    });

    test('finds an article by its legacy id, and the one that stands before one that is gone', async () => {
      assert.equal((await api.get(`/articles/${legacyId}`)).body.unique_id, 'exame_0a1b2c');
      assert.equal((await api.get(`/articles/${sharedLegacyId}`)).body.unique_id, 'gemea_000004');
      assert.equal((await api.get('/articles/exame%5F0a1b2c')).body.unique_id, 'exame_0a1b2c');
    });

    test('says of a removed article that it is gone', async () => {
      for (const id of ['removida_000002', 'ffffffffffffffffffffffffffffffff', 'gemea-removida_000003']) {
        const { status, body } = await api.get(`/articles/${id}`);
        assert.equal(status, 410, id);
        assert.equal(body.title, 'Gone');
        assert.match(body.detail, /2026-02-01T00:00:00/);
      }
    });

    test('finds nothing under any other id', async () => {
      const ids = [
        'x_000000',
        '%00',
        '%',
        'null',
        "' or '1'='1",
        '../search',
        '%F0%9F%9A%80',
        'a'.repeat(5000),
        'EXAME_0A1B2C',
      ];
      for (const id of ids) {
        const { status } = await api.get(`/articles/${id.startsWith('%') && id !== '%' ? id : encodeURIComponent(id)}`);
        assert.equal(status, 404, id);
      }
    });
  });
}
