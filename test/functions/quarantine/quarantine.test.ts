import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createHandler } from '../../../functions/quarantine/handler.ts';
import { type FunctionServer, serveFunction } from '../../../infra/local/functions-server.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { createRecorder, post, push } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

describe('quarantine', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let server: FunctionServer;
  const recorder = createRecorder();

  before(async () => {
    database = await createTestDatabase();
    server = await serveFunction('quarantine', createHandler({ ...recorder, db: database.db }));
  });
  after(async () => {
    await server?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    recorder.lines.length = 0;
    await database.db.query('truncate quarantine, scrape_runs');
  });

  const rows = async () => (await database.db.query('select * from quarantine order by id')).rows;
  const attributes = { event_version: '1', CloudPubSubDeadLetterSourceDeliveryCount: '20' };
  const subscription = 'projects/p/subscriptions/enrich-dead-letters';

  test('records an article under the stage that gave it up, with all that is needed to send it again', async () => {
    const data = { unique_id: 'a_123456', version: 3 };
    assert.equal(await push(server.url, data, { subscription, attributes, messageId: '42' }), 204);
    const [row] = await rows();
    assert.deepEqual([row!.stage, row!.subject, row!.data, row!.attributes], ['enrich', 'a_123456', data, attributes]);
    assert.match(row!.error as string, /after 20 attempts.*enrich for a_123456/);
    assert.deepEqual(
      recorder.lines.map(({ severity, failedStage }) => [severity, failedStage]),
      [['ERROR', 'enrich']],
    );
  });

  const asked = {
    agency_key: 'mec',
    source_url: 'https://www.gov.br/mec',
    start_date: '2026-01-01',
    end_date: '2026-01-02',
  };
  const addRun = (run: { status: string; error?: string; minutesAgo: number; url?: string; endDate?: string }) =>
    database.db.query(
      `insert into scrape_runs (agency_key, source_url, start_date, end_date, status, error_message, started_at)
       values ('mec', $1, '2026-01-01', $2, $3, $4, now() - make_interval(mins => $5))`,
      [run.url ?? asked.source_url, run.endDate ?? asked.end_date, run.status, run.error ?? null, run.minutesAgo],
    );
  const scrapeDeadLetter = async (data: object) => {
    assert.equal(await push(server.url, data, { subscription: 'scrape-dead-letters', attributes }), 204);
    return (await rows()).map(({ stage, subject, error }) => ({ stage, subject, error }));
  };

  test('records a scrape under its source, with the error of its last run that failed', async () => {
    await addRun({ status: 'failed', error: 'NetworkError: the first', minutesAgo: 40 });
    await addRun({ status: 'failed', error: 'HttpStatusError: the last', minutesAgo: 20 });
    await addRun({ status: 'failed', error: 'NetworkError: the second', minutesAgo: 30 });
    await addRun({ status: 'running', minutesAgo: 10 });
    await addRun({ status: 'failed', error: 'of another window', minutesAgo: 5, endDate: '2026-01-03' });
    await addRun({ status: 'failed', error: 'of another source', minutesAgo: 5, url: 'https://www.gov.br/mds' });
    assert.deepEqual(await scrapeDeadLetter(asked), [
      {
        stage: 'scrape',
        subject: `${asked.source_url} ${asked.start_date}/${asked.end_date}`,
        error: 'Dead-lettered after 20 attempts; last error: HttpStatusError: the last',
      },
    ]);
  });

  test('a scrape of which no run failed points to the log', async () => {
    await addRun({ status: 'succeeded', minutesAgo: 10 });
    const [row] = await scrapeDeadLetter(asked);
    assert.match(
      String(row!.error),
      /after 20 attempts; the log lines of scrape for https:\/\/www.gov.br\/mec \S+ say why/,
    );
  });

  test('keeps a scrape that Postgres itself refused', async () => {
    for (const part of [{ source_url: 'https://www.gov.br/\0' }, { start_date: '0000-01-01' }, { end_date: 'today' }]) {
      await database.db.query('truncate quarantine');
      const [row] = await scrapeDeadLetter({ ...asked, ...part });
      assert.match(String(row!.error), /the log lines of scrape/);
    }
  });

  test('any method but POST is answered 405, and leaves nothing', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(server.url, { method });
      await answer.arrayBuffer();
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST'], method);
    }
    assert.deepEqual([await rows(), recorder.lines], [[], []]);
  });

  test('a second dead letter of one article counts on the first', async () => {
    for (const messageId of ['1', '2'])
      await push(server.url, { unique_id: 'a', version: 1 }, { subscription, messageId });
    assert.deepEqual(
      (await rows()).map(({ attempts }) => attempts),
      [2],
    );
  });

  test('a message without a subject, and one that cannot be read, are kept under their own ids', async () => {
    await push(server.url, { other: 1 }, { subscription, messageId: '1' });
    await push(server.url, null, { subscription, messageId: '2' });
    const unreadable = { message: { data: '%%%', messageId: '3' }, subscription };
    assert.equal(await post(server.url, unreadable), 204);
    assert.equal(await post(server.url, { no: 'envelope' }), 204);
    assert.equal(await post(server.url, { neither: 'is this' }), 204);
    const kept = (await rows()).map(({ stage, subject }) => [stage, String(subject).replace(/[0-9a-f]{16}$/, 'HASH')]);
    assert.deepEqual(kept, [
      ['enrich', '1'],
      ['enrich', '2'],
      ['enrich', '3'],
      ['unknown', 'unreadable push request HASH'],
      ['unknown', 'unreadable push request HASH'],
    ]);
    assert.deepEqual((await rows())[2]!.data, unreadable);
  });

  test('a subscription that the table does not know is recorded under its own name', async () => {
    await push(server.url, { unique_id: 'a', version: 1 }, { subscription: 'projects/p/subscriptions/old-name' });
    assert.deepEqual(
      (await rows()).map(({ stage }) => stage),
      ['old-name'],
    );
  });

  test('what cannot be recorded is asked for again', async () => {
    const closed = await openPostgres({ url: database.url });
    await closed.close();
    const other = await serveFunction('quarantine', createHandler({ ...recorder, db: closed }));
    try {
      assert.equal(await push(other.url, { unique_id: 'a', version: 1 }, { subscription }), 500);
      assert.deepEqual(
        recorder.lines.map(({ message }) => message),
        ['dead letter not recorded, to be redelivered'],
      );
    } finally {
      await other.close();
    }
  });
});
