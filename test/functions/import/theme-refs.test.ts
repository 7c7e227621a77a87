import assert from 'node:assert/strict';
import { test } from 'node:test';
import { themeRefs } from '../../../functions/import/theme-refs.ts';
import { datasetRow } from './shards.ts';

test('the levels above the most specific theme come from its code', () => {
  const row = datasetRow({ most_specific_theme_code: '03.02.01', most_specific_theme_label: 'Dengue' });
  assert.deepEqual(themeRefs(row), [
    { level: 1, code: '03', label: null },
    { level: 2, code: '03.02', label: null },
    { level: 3, code: '03.02.01', label: 'Dengue' },
  ]);
});

test('what is no code is named as it is, and nothing is made of it', () => {
  for (const code of ['123456789012', '1.2', '03.02.01.04', '03.']) {
    const row = datasetRow({ most_specific_theme_code: code, most_specific_theme_label: 'Dengue' });
    assert.deepEqual(themeRefs(row), [{ level: 3, code, label: null }]);
  }
});
