import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { findAlerts, thresholds } from '../../../functions/api/status-alerts.ts';
import { loggedOutcomes } from '../../../infra/gcp/metrics.ts';
import { type AlertCondition, alerts } from '../../../shared/alerts.ts';

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');
const conditionOf = <K extends AlertCondition['kind']>(name: string, kind: K) => {
  const { condition } = alerts.find((alert) => alert.name === name)!;
  assert.equal(condition.kind, kind);
  return condition as Extract<AlertCondition, { kind: K }>;
};

test('the metrics count the very texts that functions log', async () => {
  const { runFailed, ...ofMessages } = loggedOutcomes;
  const stage = await read('shared/stage.ts');
  for (const text of Object.values(ofMessages)) assert.ok(stage.includes(`'${text}'`), text);
  assert.ok((await read('shared/http.ts')).includes(`'${runFailed}'`));
});

test('alerts and GET /status hold the platform against the same thresholds', () => {
  assert.equal(conditionOf('embed-failures', 'failure-rate').above, thresholds.failureRate);
  assert.equal(conditionOf('sync-failures', 'failure-rate').above, thresholds.failureRate);
});

test('the alerts of coverage and of the outbox find in the answer of GET /status what says so, and only then', () => {
  const answer = (counts: { synced?: number; stuck?: number }) => {
    const status = { articles: 100, enriched: 100, embedded: 100, synced: 100, quarantine: {}, stuck: 0, ...counts };
    return JSON.stringify({ alerts: findAlerts(status, []) });
  };
  const finds = (name: string, counts: Parameters<typeof answer>[0]) => {
    const { expects } = conditionOf(name, 'status');
    assert.ok(expects && 'without' in expects);
    return answer(counts).includes(expects.without);
  };
  assert.deepEqual([finds('coverage', { synced: 89 }), finds('coverage', { synced: 90, stuck: 1 })], [true, false]);
  assert.deepEqual([finds('outbox', { stuck: 1 }), finds('outbox', { synced: 89 })], [true, false]);
});

test('the alert of stale sources takes five and not six', () => {
  const { expects } = conditionOf('stale-sources', 'status');
  assert.ok(expects && 'matches' in expects);
  const pattern = new RegExp(expects.matches);
  assert.ok(['0', '5'].every((count) => pattern.test(count)));
  assert.ok(['6', '10', '50'].every((count) => !pattern.test(count)));
});

test('there is an alert for each promise of the plan', () => {
  const kinds = new Set(alerts.map(({ condition }) => condition.kind));
  const promised = ['failure-rate', 'failed-runs', 'dead-letters', 'backlog-age', 'error-rate', 'latency', 'status'];
  assert.deepEqual([...kinds].sort(), [...promised, 'search-server'].sort());
  const names = alerts.map(({ name }) => name);
  for (const name of ['embed-failures', 'coverage', 'sync-failures', 'dead-letters', 'stale-sources', 'backlog-age'])
    assert.ok(names.includes(name), name);
  assert.equal(conditionOf('embed-failures', 'failure-rate').above, 0.05);
});
