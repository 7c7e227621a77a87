import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bill, monthlyBill } from '../../../infra/gcp/cost/bill.ts';
import { backfillUsd } from '../../../infra/gcp/cost/functions.ts';
import { limitsOf, sizedFor } from '../../../infra/gcp/cost/limits.ts';
import { freeTier, prices } from '../../../infra/gcp/cost/prices.ts';
import { mostArticlesPerDay, requestsPerDay } from '../../../infra/gcp/cost/workload.ts';
import { openEnvironment } from '../../../infra/gcp/environment.ts';
import { topologyOf } from '../../../infra/gcp/topology.ts';
import { compareCosts, describeCosts } from '../../../infra/local/cost-report.ts';
import { prod, topology, withTypesense } from './resources.ts';

const volume = { articlesPerDay: 500, archive: 300_000 };
const usdOf = ({ lines }: Bill, resource: string) => lines.find((line) => line.resource.startsWith(resource))!.usd;

describe('the monthly bill', () => {
  test('is the sum of its lines, one for each function of the table among them', () => {
    const bill = monthlyBill(topology, prod, volume);
    assert.ok(Math.abs(bill.usd - bill.lines.reduce((sum, { usd }) => sum + usd, 0)) < 1e-9);
    const functions = bill.lines.flatMap(({ resource }) => /^function (\S+)/.exec(resource)?.[1] ?? []);
    assert.deepEqual(
      functions,
      topology.functions.map(({ name }) => name),
    );
  });

  test('stays under what the predecessor states, with either index', () => {
    const [postgres, typesense] = [prod, withTypesense].map(
      (environment) => monthlyBill(topology, environment, volume).usd,
    );
    assert.ok(postgres! < 85, `${postgres}`);
    assert.ok(typesense! < 150, `${typesense}`);
  });

  test('has the database by its hours, twice where there are two', () => {
    const sized = (settings: Record<string, string>) => {
      const environment = openEnvironment('prod', { 'database.tier': 'db-custom-2-7680', ...settings });
      return usdOf(monthlyBill(topologyOf(environment), environment, volume), 'database db-custom');
    };
    const hour = 2 * prices.sqlVcpuHour.usd + 7.5 * prices.sqlGibHour.usd;
    assert.ok(Math.abs(sized({}) - 730 * hour) < 1e-9);
    assert.ok(Math.abs(sized({ 'database.isHighlyAvailable': 'true' }) - 2 * 730 * hour) < 1e-9);
  });

  test('takes off no more than the free tier of Cloud Run, and no more than was used', () => {
    const discount = (articlesPerDay: number) =>
      -usdOf(monthlyBill(topology, prod, { ...volume, articlesPerDay }), 'free tier');
    const most =
      freeTier.runVcpuSeconds * freeTier.tier1VcpuSecondUsd +
      freeTier.runGibSeconds * freeTier.tier1GibSecondUsd +
      (freeTier.runRequests / 1e6) * prices.runMillionRequests.usd;
    assert.ok(discount(500) <= most && discount(50_000) <= most);
  });

  test('has a fourth schedule cost what the first three do not', () => {
    const schedules = (count: number) => {
      const more = Array.from({ length: count - 3 }, (_, index) => ({
        ...topology.functions[0]!,
        name: `more-${index}`,
      }));
      const functions = [...topology.functions, ...more] as typeof topology.functions;
      return usdOf(monthlyBill({ ...topology, functions }, prod, volume), 'Cloud Scheduler');
    };
    assert.equal(schedules(3), 0);
    assert.equal(schedules(5), 2 * prices.schedulerJob.usd);
  });

  test('pays for instances that are kept', () => {
    const kept = openEnvironment('prod', { 'functions.api.minInstances': '1' });
    const more = monthlyBill(topologyOf(kept), kept, volume).usd - monthlyBill(topology, prod, volume).usd;
    assert.ok(more > 20 && more < 60, `${more}`);
  });

  test('grows with the volume, and says where the first limit lies', () => {
    const [once, tenfold, hundredfold] = [1, 10, 100].map((factor) =>
      monthlyBill(topology, prod, { ...volume, articlesPerDay: 500 * factor }),
    );
    assert.ok(once!.usd < tenfold!.usd && tenfold!.usd < hundredfold!.usd);
    assert.ok(!once!.limits.some((limit) => limit.includes('REQUEST_INTERVAL_MS')));
    assert.ok(tenfold!.limits.some((limit) => limit.includes('REQUEST_INTERVAL_MS')));
    const most = mostArticlesPerDay();
    assert.ok(requestsPerDay({ articlesPerDay: most, archive: 0 }) <= 86_400);
    assert.ok(requestsPerDay({ articlesPerDay: most + 1, archive: 0 }) > 86_400);
  });

  test('has the archive cost once what its vectors take', () => {
    assert.ok(backfillUsd(topology, volume) > 0);
    assert.equal(backfillUsd(topology, { ...volume, archive: 0 }), 0);
  });
});

test('more articles get the database and the server that their indexes fit into', () => {
  const times = { ...volume, articlesPerDay: 5000 };
  const sized = sizedFor(times, withTypesense);
  assert.notEqual(sized.database.tier, withTypesense.database.tier);
  assert.deepEqual(
    limitsOf(sized, times).filter((limit) => limit.includes('larger')),
    [],
  );
  assert.deepEqual(sizedFor({ articlesPerDay: 1, archive: 1 }, withTypesense), withTypesense);
});

test('every price says per what, where from, when, and whether it is the list price', () => {
  for (const [name, { usd, per, source, asOf }] of Object.entries(prices)) {
    assert.ok(usd > 0 && per.length > 0, name);
    assert.match(source, /^https:\/\/cloud\.google\.com\//);
    assert.match(asOf, /^\d{4}-\d{2}$/);
  }
});

test('the report shows both indexes, ten and a hundred times the volume, and the predecessor', () => {
  const report = compareCosts(volume, { env: 'prod', settings: {} });
  assert.deepEqual(
    report.bills.map(({ search_index, factor }) => `${factor} ${search_index}`),
    ['1 postgres', '10 postgres', '100 postgres', '1 typesense', '10 typesense', '100 typesense'],
  );
  const text = describeCosts(report);
  for (const { usd } of report.bills) assert.ok(text.includes(usd.toFixed(2)));
  assert.match(text, /The predecessor states 250 to 305\./);
});
