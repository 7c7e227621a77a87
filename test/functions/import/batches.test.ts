import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBatches, rowReader } from '../../../functions/import/batches.ts';
import { openCatalogue } from '../../../functions/import/catalogue.ts';
import { planFiles } from '../../../functions/import/plan.ts';
import { openDatasetFolder } from '../../../shared/dataset-folder.ts';
import { silentLogger } from '../../../shared/log.ts';
import { withoutPostgres } from '../../support/database.ts';
import { datasetRows, writeShards } from './shards.ts';
import { useImport } from './use-import.ts';

describe('the batches of an import', { skip: withoutPostgres }, () => {
  const { db, folder } = useImport();

  test('are bounded by the characters of all texts', async () => {
    const long = 'x'.repeat(1_500_000);
    await writeShards(folder(), { 'a.parquet': datasetRows(10, { summary: long, tags: [long, long] }) });
    const [planned] = await planFiles(await openDatasetFolder(folder()));
    await using reader = rowReader(silentLogger);
    const options = {
      reader,
      catalogue: await openCatalogue(db()),
      repairs: new Set([]),
      batchSize: 1000,
      createMissing: false,
    };
    const sizes: number[] = [];
    for await (const { rows } of readBatches(planned!, 0, planned!.rowCount, options)) sizes.push(rows.length);
    assert.deepEqual(sizes, [2, 2, 2, 2, 2]);
  });
});
