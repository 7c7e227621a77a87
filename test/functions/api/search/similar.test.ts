import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Api, databases, type OpenDatabase, serveApi } from '../api-server.ts';
import { seedArticles, seedCatalogue } from '../seed.ts';

for (const { name, skip, open } of databases) {
  describe(`similar articles on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let api: Api;
    before(async () => {
      database = await open();
      await seedCatalogue(database.db);
      const copied = { contentHash: 'aaaaaaaaaaaaaaaa', title: 'Vacina contra sarampo chega aos postos' };
      await seedArticles(database.db, [
        { ...copied, id: 'vacina_000001', legacyId: '0123456789abcdef0123456789abcdef' },
        { ...copied, id: 'copia_000002', agency: 'saude' },
        {
          id: 'perto_000003',
          title: 'Vacina contra sarampo: postos abrem',
          agency: 'saude',
          themes: ['03'],
          contentHash: 'bbbbbbbbbbbbbbbb',
        },
        {
          id: 'proxima-copia_000004',
          title: 'Vacina contra sarampo: postos abrem',
          contentHash: 'bbbbbbbbbbbbbbbb',
          publishedAt: '2025-12-01T00:00:00Z',
        },
        { id: 'longe_000005', title: 'Ferrovia recebe trilhos', agency: 'ibge' },
        { id: 'sem-vetor_000006', title: 'Novos trilhos da ferrovia', model: null },
        { id: 'outro-modelo_000007', title: 'Vacina contra sarampo nos postos', model: 'outro-modelo' },
        { id: 'removida_000008', title: 'Vacina contra sarampo removida', isRemoved: true },
        {
          id: 'esperando_000010',
          title: 'Navio quebra-gelo parte',
          agency: 'ibge',
          contentHash: 'cccccccccccccccc',
          model: null,
        },
        { id: 'sua-copia_000011', title: 'Navio quebra-gelo parte', contentHash: 'cccccccccccccccc', model: null },
        { id: 'simbolos_000009', title: '-- "!? or', model: null },
      ]);
      api = await serveApi(database.db);
    });
    after(async () => {
      await api?.close();
      await database?.drop();
    });
    const similar = async (id: string, query = '') => {
      const { status, body, text, headers } = await api.get(`/articles/${id}/similar${query}`);
      assert.equal(status, 200, text);
      const ids = body.results.map((result: { unique_id: string }) => result.unique_id);
      return { ids, body, cacheControl: headers.get('cache-control') };
    };

    test('are the nearest in meaning, without the article itself and its copies', async () => {
      const { ids, body } = await similar('vacina_000001');
      assert.deepEqual(ids.slice(0, 1), ['perto_000003']);
      assert.deepEqual(ids.toSorted(), ['longe_000005', 'perto_000003']);
      assert.deepEqual(body.results[0].copies, ['proxima-copia_000004']);
      assert.equal(body.unique_id, 'vacina_000001');
      assert.equal(body.count, 2);
      assert.equal(body.degraded, undefined);
      assert.ok(body.results[0].score > body.results[1].score);
    });

    test('are narrowed as a search is', async () => {
      assert.deepEqual((await similar('vacina_000001', '?limit=1')).ids, ['perto_000003']);
      assert.deepEqual((await similar('vacina_000001', '?agency=ibge')).ids, ['longe_000005']);
      assert.deepEqual((await similar('vacina_000001', '?theme=03')).ids, ['perto_000003']);
      assert.deepEqual((await similar('vacina_000001', '?to=2025-12-31')).ids, ['proxima-copia_000004']);
      for (const query of ['limit=0', 'q=a', 'from=2026-01-02&to=2026-01-01', 'cursor=a', 'tag=a']) {
        assert.equal((await api.get(`/articles/vacina_000001/similar?${query}`)).status, 400, query);
      }
    });

    test('are found by a legacy id; an unknown article has none, nor one that is gone', async () => {
      assert.equal((await similar('0123456789abcdef0123456789abcdef')).body.unique_id, 'vacina_000001');
      assert.equal((await api.get('/articles/x_000000/similar')).status, 404);
      assert.equal((await api.get('/articles/removida_000008/similar')).status, 410);
    });

    test('are found by the words of the title, and it is said, while there is no vector of the model in force', async () => {
      const { ids, body, cacheControl } = await similar('sem-vetor_000006');
      assert.deepEqual(ids, ['longe_000005']);
      assert.equal(body.degraded.missing, 'meaning');
      assert.equal(cacheControl, 'no-store');
      assert.deepEqual((await similar('outro-modelo_000007', '?agency=saude')).ids.toSorted(), [
        'copia_000002',
        'perto_000003',
      ]);
      assert.deepEqual((await similar('simbolos_000009')).ids, []);
      for (const query of ['', '?agency=mec'])
        assert.deepEqual((await similar('esperando_000010', query)).ids, [], query);
    });
  });
}
