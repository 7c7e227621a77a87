import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Position, SearchQuery } from '../../../../functions/api/search/contract.ts';
import { createTypesenseIndex } from '../../../../functions/api/search/typesense.ts';
import { PermanentError, RetryableError } from '../../../../shared/errors.ts';
import { createTypesense } from '../../../../shared/typesense.ts';
import { newsCollection } from '../../../../shared/typesense-schema.ts';
import { describeSearchIndex } from './contract.ts';
import { type ContractArticle, contractModel, embed } from './contract-articles.ts';
import { deadline, everything, idsOf, walk } from './contract-searches.ts';
import { labels, openIndex, serverName, type TypesenseUnderTest } from './typesense-index.ts';

describeSearchIndex(serverName, false, openIndex);

describe(`a large index in ${serverName}`, () => {
  let under: TypesenseUnderTest;
  const count = 320;
  const archive = Array.from(
    { length: count },
    (_, number): ContractArticle => ({
      id: `acervo_${String(number).padStart(6, '0')}`,
      title: `Acervo ${number}`,
      summary: number % 2 === 0 ? 'Há resumo.' : '',
      tags: [`etiqueta ${number % 30}`],
      publishedAt: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString(),
      model: number < 40 ? contractModel : null,
    }),
  );
  before(async () => {
    under = await openIndex();
    await under.insert(archive);
  });
  after(() => under?.close());
  const find = (query: Partial<SearchQuery>) => under.index.find({ ...everything, ...query }, deadline());

  test('by date there are pages to the end, and the total is exact', async () => {
    for (const query of [{}, { text: 'acervo' }]) {
      const seen = await walk(under.index, query);
      assert.deepEqual(seen, archive.map(({ id }) => id).toReversed());
      assert.deepEqual((await find(query)).total, { count, is_exact: true });
    }
  });

  test('by relevance the best 250 are given, and what is beyond is counted', async () => {
    const query = { text: 'acervo', sort: 'relevance' as const };
    assert.equal((await walk(under.index, query)).length, 250);
    assert.deepEqual((await find(query)).total, { count, is_exact: true });
    const embedding = { model: contractModel, vector: await embed('acervo') };
    const { total, facets } = await find({ ...query, embedding, facets: ['tag'] });
    assert.deepEqual(total, { count, is_exact: false });
    assert.equal(facets.tag!.length, 20);
    assert.ok(facets.tag!.every(({ count: ofValue }) => ofValue >= 10));
  });

  test('a page of Postgres is gone on with from its last article', async () => {
    const last = archive[200]!;
    const after: Position = { asOf: Date.now(), publishedAt: Date.parse(last.publishedAt), uniqueId: last.id };
    const first = await find({ after, limit: 5 });
    assert.deepEqual(
      idsOf(first),
      [199, 198, 197, 196, 195].map((number) => archive[number]!.id),
    );
    assert.deepEqual(first.total, { count, is_exact: true });
    const rest = await find({ after: first.next, limit: 2 });
    assert.deepEqual(idsOf(rest), [archive[194]!.id, archive[193]!.id]);
  });

  test('a page goes on where the one before ended, though that is elsewhere now', async () => {
    const { next } = await find({ limit: 10 });
    await under.insert(
      [1, 2, 3].map((number) => ({
        // Stored before the first page was asked for, and searchable only after.
        id: `tardio_00000${number}`,
        title: 'Tardio',
        publishedAt: new Date(Date.UTC(2026, 0, 2, 0, number)).toISOString(),
      })),
    );
    assert.equal(idsOf(await find({ limit: 10, after: next }))[0], archive[count - 11]!.id);
    for (const number of [1, 2, 3]) await under.typesense.deleteDocument(`tardio_00000${number}`);
    assert.equal(idsOf(await find({ limit: 10, after: next }))[0], archive[count - 11]!.id);
  });

  test('a page misses nothing though most of the one before was removed, and its end too', async () => {
    const { next } = await find({ limit: 100 });
    for (const { id } of archive.slice(count - 100, count - 20)) await under.typesense.deleteDocument(id);
    const page = await find({ limit: 3, after: next });
    assert.deepEqual(
      idsOf(page),
      [101, 102, 103].map((place) => archive[count - place]!.id),
    );
    assert.equal(idsOf(await find({ limit: 1, after: page.next }))[0], archive[count - 104]!.id);
  });
});

describe(`exclusions of a search by meaning on ${serverName}`, () => {
  let under: TypesenseUnderTest;
  const publishedAt = '2026-01-01T00:00:00Z';
  before(async () => {
    under = await openIndex();
    await under.insert([
      { id: 'com_000001', title: 'Vacinação de crianças', publishedAt },
      { id: 'com_000002', title: 'Criança recebe a dose', summary: 'É a VACINAÇAO contra o sarampo.', publishedAt },
      { id: 'sem_000003', title: 'Crianças voltam às aulas', publishedAt },
      { id: 'sem_000004', title: 'Vacina contra o sarampo', publishedAt },
    ]);
  });
  after(() => under?.close());
  const found = async (text: string) => {
    const embedding = { model: contractModel, vector: await embed(text) };
    return idsOf(await under.index.find({ ...everything, text, sort: 'relevance', embedding }, deadline())).sort();
  };

  test('what has an excluded word or phrase is not found, however near it is', async () => {
    assert.equal((await found('vacinação')).length, 4);
    for (const text of ['crianças -vacinação', '-vacinação', 'sarampo -VACINAÇÃO']) {
      assert.deepEqual(await found(text), ['sem_000003', 'sem_000004'], text);
    }
    assert.deepEqual(await found('crianças -"contra o sarampo"'), ['com_000001', 'sem_000003']);
    assert.deepEqual(await found('crianças -vacinação -aulas'), ['sem_000004']);
  });

  test('an alternative shows what another one excludes', async () => {
    assert.equal((await found('crianças -vacinação or sarampo')).length, 4);
    assert.deepEqual(await found('crianças -vacinação or dose -aulas -crianças'), [
      'com_000002',
      'sem_000003',
      'sem_000004',
    ]);
  });

  test('what asks for a word that it excludes finds nothing', async () => {
    for (const text of ['vacina -vacina', '"vacina contra" -Vacina', 'vacina -vacina or dose -dose']) {
      assert.deepEqual(await found(text), [], text);
    }
    assert.deepEqual(await found('vacina -vacina or aulas -vacinação'), ['sem_000003', 'sem_000004']);
  });

  test('dashes that part or join words exclude nothing', async () => {
    for (const text of ['vacinação - crianças', 'norte-sul', '- vacinação']) {
      assert.equal((await found(text)).length, 4, text);
    }
  });
});

describe('a Typesense index that cannot answer', () => {
  const find = (index: TypesenseUnderTest['index'], query: Partial<SearchQuery> = {}, signal = deadline()) =>
    index.find({ ...everything, text: 'censo', sort: 'relevance', ...query }, signal);

  test('ends by the deadline', { skip: serverName.includes('server') }, async () => {
    const under = await openIndex();
    under.standIn!.stallNext(1, 60_000);
    await assert.rejects(find(under.index, {}, AbortSignal.timeout(50)), (error: Error) => {
      return error instanceof RetryableError && /in time/.test(error.message);
    });
    await under.close();
  });

  test('is an error, and no empty answer, when there is no collection or it lacks a field', async () => {
    const under = await openIndex();
    const alias = `${under.typesense.collections.alias}_older`;
    const { protocol, host, port, apiKey } = under.server;
    const older = createTypesense({ protocol, host, port, apiKey, alias });
    const index = createTypesenseIndex(older, { labels: async () => labels });
    await assert.rejects(find(index), RetryableError);
    const { fields = [], ...schema } = newsCollection(alias);
    const added = ['embedding_model', 'tag_keys', 'has_summary', 'published_local_year'];
    await fetch(`${protocol}://${host}:${port}/collections`, {
      method: 'POST',
      headers: { 'x-typesense-api-key': apiKey },
      body: JSON.stringify({ ...schema, fields: fields.filter(({ name }) => !added.includes(name)) }),
    });
    await older.collections.point(schema.name);
    const embedding = { model: contractModel, vector: await embed('censo') };
    await assert.rejects(find(index, { embedding }), /filter field named `embedding_model`/);
    await assert.rejects(find(index, { filter: { tag: ['enem'] } }), /filter field named `tag_keys`/);
    await assert.rejects(find(index, { filter: { hasSummary: true } }), PermanentError);
    await assert.rejects(find(index, { facets: ['year'] }), /facet field named `published_local_year`/);
    assert.deepEqual((await find(index)).results, []);
    await older.collections.drop(schema.name);
    older.close();
    await under.close();
  });

  test('a model whose name a filter cannot hold is refused', async () => {
    const under = await openIndex();
    const vector = await embed('censo');
    for (const model of ['a`] || id:!=[`b', 'a\\', ' ']) {
      await assert.rejects(find(under.index, { embedding: { model, vector } }), PermanentError);
    }
    await under.close();
  });

  test('asks the server twice at most, whatever is asked for', { skip: serverName.includes('server') }, async () => {
    const under = await openIndex();
    await under.insert([{ id: 'censo_000001', title: 'Censo', publishedAt: '2026-01-01T00:00:00Z' }]);
    const embedding = { model: contractModel, vector: await embed('censo') };
    for (const query of [
      { embedding, facets: ['agency', 'theme', 'tag', 'year'] as const },
      { text: '', facets: ['agency'] as const },
      { sort: 'date' as const },
    ]) {
      const sent = under.standIn!.requests().length;
      assert.equal((await find(under.index, query)).results.length, 1);
      assert.deepEqual(under.standIn!.requests().slice(sent), ['POST /multi_search', 'POST /multi_search']);
    }
    await under.close();
  });
});
