import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planExport } from '../../../functions/export/plan.ts';
import type { LedgerShard } from '../../../functions/export/sql.ts';

const shard = (period: string, values: Partial<LedgerShard> = {}): LedgerShard => ({
  path: `data/train-${period}.parquet`,
  period,
  rowCount: 2,
  digest: 'same',
  sha256: 'hash',
  sizeBytes: 100,
  commit: 'commit',
  ...values,
});
const state = (period: string, values = {}) => ({ period, rowCount: 2, digest: 'same', ...values });
const treeOf = (shards: readonly LedgerShard[]) => ({
  head: 'commit',
  files: new Map(shards.map(({ path, sizeBytes, sha256 }) => [path, { sizeBytes, sha256 }])),
  stale: [],
  readCard: async () => null,
});
const plan = (input: Partial<Parameters<typeof planExport>[0]>) => {
  const ledger = input.ledger ?? [];
  const planned = planExport({ periods: [], ledger, tree: treeOf(ledger), fullSync: false, ...input });
  return { ...planned, changed: planned.changed.map(({ period }) => period) };
};

test('a period that stands as it should is kept', () => {
  const ledger = [shard('2024-01')];
  assert.deepEqual(plan({ periods: [state('2024-01')], ledger }), { changed: [], vanished: [], kept: ledger });
});

test('a period is changed when it is new, or its digest differs', () => {
  const ledger = [shard('2024-01')];
  const periods = [state('2024-01', { digest: 'other' }), state('2024-02')];
  assert.deepEqual(plan({ periods, ledger }), { changed: ['2024-01', '2024-02'], vanished: [], kept: [] });
});

test('a period is changed when its file is lost or another', () => {
  const ledger = [shard('2024-01'), shard('2024-02')];
  const tree = treeOf([shard('2024-02', { sha256: 'other' })]);
  assert.deepEqual(plan({ periods: [state('2024-01'), state('2024-02')], ledger, tree }).changed, [
    '2024-01',
    '2024-02',
  ]);
});

test('a period of several parts is changed when one of them is missing, in the dataset or in the ledger', () => {
  const parts = [1, 2].map((part) => shard('2024-01', { path: `data/train-2024-01-p0${part}.parquet`, rowCount: 1 }));
  const periods = [state('2024-01')];
  assert.deepEqual(plan({ periods, ledger: parts }).changed, []);
  assert.deepEqual(plan({ periods, ledger: parts, tree: treeOf(parts.slice(1)) }).changed, ['2024-01']);
  assert.deepEqual(plan({ periods, ledger: parts.slice(1) }).changed, ['2024-01']);
});

test('a period without rows is vanished, and a full sync changes the others', () => {
  const ledger = [shard('2024-01'), shard('2024-02')];
  const planned = plan({ periods: [state('2024-02')], ledger, fullSync: true });
  assert.deepEqual(planned, { changed: ['2024-02'], vanished: ['2024-01'], kept: [] });
});
