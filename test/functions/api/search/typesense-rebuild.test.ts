import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTypesenseIndex } from '../../../../functions/api/search/typesense.ts';
import { createCatalogueLabels } from '../../../../functions/api/search/typesense-labels.ts';
import { readIndexStatus } from '../../../../functions/sync/collections.ts';
import { rebuildCollection } from '../../../../functions/sync/rebuild.ts';
import { newsCollection } from '../../../../shared/typesense-schema.ts';
import { withoutPostgres } from '../../../support/database.ts';
import { useIndex } from '../../sync/use-index.ts';
import { deadline, everything, idsOf } from './contract-searches.ts';

const added = ['tag_keys', 'has_summary', 'embedding_model'];

describe('search after a deployment that changes the schema', { skip: withoutPostgres, timeout: 60_000 }, () => {
  const it = useIndex();

  test('has errors until the rebuild that is due, and then finds by model and tag', async () => {
    const { fields = [], ...schema } = newsCollection(it.alias);
    await it.call('DELETE', `/collections/${it.older}`);
    const former = fields.filter(({ name }) => !added.includes(name));
    await it.call('POST', '/collections', { ...schema, name: it.older, fields: former });
    const index = createTypesenseIndex(it.typesense, { labels: createCatalogueLabels(it.db) });
    const vector = Float32Array.from({ length: 768 }, () => 0.5);
    const find = async (model: string) =>
      idsOf(
        await index.find({ ...everything, text: 'x', sort: 'relevance', embedding: { model, vector } }, deadline()),
      );

    const sync = await it.openSync();
    const [first, ...others] = await it.seed(3);
    await it.edit(first!, `content_embedding = array_fill(0.5::real, array[768])::vector, embedding_model = 'a'`);
    await it.edit(others[0]!, `tags = '{Etiqueta}'`);
    await it.syncAll(sync);
    assert.deepEqual((await readIndexStatus(it)).problems, [
      `${it.older} has another schema than this release: a rebuild is due`,
    ]);
    await assert.rejects(find('a'), /`embedding_model`/);

    assert.equal((await rebuildCollection({ rate: 1000, batchSize: 10, pausesMs: [] }, it)).outcome, 'swapped');
    assert.deepEqual((await readIndexStatus(it)).problems, []);
    assert.deepEqual(await find('a'), [first]);
    const tagged = await index.find({ ...everything, filter: { tag: ['Etiqueta'] } }, deadline());
    assert.deepEqual(idsOf(tagged), [others[0]]);

    await it.edit(first!, `embedding_model = 'b'`);
    await it.syncAll(sync);
    assert.deepEqual([await find('a'), await find('b')], [[], [first]]);
  });
});
