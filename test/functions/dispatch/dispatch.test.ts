import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createHandler } from '../../../functions/dispatch/handler.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { lastDays } from '../../../shared/window.ts';
import { createRecorder, seedAgency } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('dispatch', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();
  const usualWindow = () => lastDays(3, new Date('2026-11-11T02:00:00Z'));

  before(async () => {
    database = await createTestDatabase();
    const { db } = database;
    for (const key of ['mec', 'saude', 'parada']) await seedAgency(db, key);
    await db.query(
      `insert into sources (agency_key, url, platform, is_active) values
         ('saude', 'https://www.gov.br/saude', 'volto', true), ('mec', 'https://www.gov.br/mec/b', null, true),
         ('mec', 'https://www.gov.br/mec/a', null, true), ('parada', 'https://www.gov.br/parada', null, false)`,
    );
    server = await serveFunction('dispatch', createHandler({ ...recorder, db, usualWindow }));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });
  beforeEach(() => {
    recorder.published.length = 0;
    recorder.failWith = undefined;
  });

  async function call(body: object = {}) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  const requested = () => recorder.published.map(({ data }) => (data as { source_url: string }).source_url);

  test('asks for every active source, in the last days as Brasília has them', async () => {
    const { status, body } = await call();
    assert.deepEqual([status, body], [200, { sourceCount: 3, startDate: '2026-11-08', endDate: '2026-11-10' }]);
    assert.deepEqual(requested(), ['https://www.gov.br/mec/a', 'https://www.gov.br/mec/b', 'https://www.gov.br/saude']);
    const { topic, data, attributes } = recorder.published[2]!;
    assert.equal(topic, 'requested');
    assert.deepEqual(data, {
      agency_key: 'saude',
      source_url: 'https://www.gov.br/saude',
      platform: 'volto',
      start_date: '2026-11-08',
      end_date: '2026-11-10',
    });
    assert.deepEqual(Object.keys(attributes).sort(), ['event_version', 'traceparent']);
  });

  test('asks for some agencies, between given days', async () => {
    const { body } = await call({ agencies: ['saude'], start_date: '2020-01-01', end_date: '2020-01-31' });
    assert.deepEqual(body, { sourceCount: 1, startDate: '2020-01-01', endDate: '2020-01-31' });
    assert.deepEqual(requested(), ['https://www.gov.br/saude']);
  });

  test('a window needs only one of its ends', async () => {
    assert.equal((await call({ start_date: '2026-01-01' })).body.endDate, '2026-11-10');
    assert.equal((await call({ end_date: '2026-11-09' })).body.startDate, '2026-11-08');
    assert.equal((await call({ end_date: '2020-05-05' })).body.startDate, '2020-05-05');
  });

  test('a source that failed for longer than the usual window is asked for all days since its last success', async () => {
    const run = (url: string, status: string, startedAt: string) =>
      database.db.query(
        `insert into scrape_runs (agency_key, source_url, start_date, end_date, status, started_at)
         values ('mec', $1, '2026-10-01', '2026-10-02', $2, $3)`,
        [`https://www.gov.br/${url}`, status, startedAt],
      );
    await run('mec/a', 'succeeded', '2026-10-30T02:00:00Z');
    await run('mec/a', 'failed', '2026-11-09T12:00:00Z');
    await run('mec/b', 'succeeded', '2026-11-09T12:00:00Z');
    await run('saude', 'succeeded', '2025-01-01T12:00:00Z');
    const starts = () => recorder.published.map(({ data }) => (data as { start_date: string }).start_date);
    await call();
    assert.deepEqual(starts(), ['2026-10-29', '2026-11-08', '2026-09-09']);
    recorder.published.length = 0;
    await call({ start_date: '2026-11-08', allow_update: true });
    assert.deepEqual(starts(), Array(3).fill('2026-11-08'));
    assert.deepEqual(
      recorder.published.map(({ data }) => (data as { allow_update: boolean }).allow_update),
      Array(3).fill(true),
    );
    await database.db.query('truncate scrape_runs');
  });

  for (const [name, body, text] of [
    ['an unknown agency', { agencies: ['mec', 'mcc', 'x'] }, /Unknown agency: mcc, x/],
    ['an agency without an active source', { agencies: ['parada'] }, /No active source of parada/],
    ['no agency at all', { agencies: [] }, /agencies/],
    ['a day that does not exist', { start_date: '2025-02-30' }, /start_date|must be a day/],
    [
      'an end before the start',
      { start_date: '2025-02-02', end_date: '2025-02-01' },
      /2025-02-01.* before .*2025-02-02/,
    ],
    ['a start in the future', { start_date: '2027-01-01' }, /before it starts/],
    ['a misspelt field', { agency: ['mec'] }, /agency/],
  ] as const) {
    test(`${name} is refused with the reason, and nothing is asked for`, async () => {
      const answer = await call(body);
      assert.equal(answer.status, 400);
      assert.match(String(answer.body.error), text);
      assert.deepEqual(recorder.published, []);
    });
  }

  test('a broker that fails makes the schedule try again', async () => {
    recorder.failWith = new Error('no broker');
    assert.equal((await call()).status, 500);
  });
});
