import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createHostGate } from '../../../functions/scrape/fetch/host-gate.ts';
import { seedAgency } from '../../support/articles.ts';
import { withoutPostgres } from '../../support/database.ts';
import { loopbackFetcher } from './fetch/loopback.ts';
import { hour, root, useNewsSite } from './news-site.ts';

describe('the source of a run', { skip: withoutPostgres }, () => {
  const site = useNewsSite();

  test('is scraped under the agency that it has now', async () => {
    await seedAgency(site.db, 'saude', 'Ministério da Saúde');
    site.publish(3);
    await site.run();
    await site.db.query(`update sources set agency_key = 'saude'`);
    for (let runs = 0; runs < 2; runs++) {
      site.later(hour);
      // The message is older than the change.
      await site.run({ agencyKey: 'mec' });
      assert.deepEqual(site.asked(), ['n0', 'n1', 'n2'], 'each once, for one agency');
      for (const name of site.articles.keys()) site.change(name, { text: `Texto editado ${runs} de ${name}.` });
    }
    const stored = 'select agency_key, count(*), max(version) as version from news group by 1 order by 1';
    assert.deepEqual(await site.rows(stored), [
      { agency_key: 'mec', count: 3, version: 1 },
      { agency_key: 'saude', count: 3, version: 2 },
    ]);
    const runs = await site.rows<{ agency_key: string }>('select agency_key from scrape_runs order by id');
    assert.deepEqual(
      runs.map(({ agency_key }) => agency_key),
      ['mec', 'saude', 'saude'],
    );
  });

  test('is lost with its lease: the run ends, and the record that another run closed stays as it is', async () => {
    site.publish(6);
    const asked = Promise.withResolvers<void>();
    const over = new AbortController();
    site.override = async (path) => {
      if (path !== '/n0') return undefined;
      asked.resolve();
      // Longer than it takes to notice, shorter than a lease.
      await setTimeout(10_000, undefined, { signal: over.signal }).catch(() => {});
      return undefined;
    };
    const run = site.run();
    run.catch(() => {});
    await asked.promise;
    const [thief] = await site.rows<{ lease_token: string }>(
      `update sources set lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour' returning lease_token`,
    );
    await site.db.query(
      `update scrape_runs set status = 'failed', category = 'unknown', error_message = 'closed by another run'`,
    );
    await assert.rejects(run, /was taken over by another run/);
    over.abort();
    assert.deepEqual(await site.rows('select status, error_message, inserted_count from scrape_runs'), [
      { status: 'failed', error_message: 'closed by another run', inserted_count: null },
    ]);
    assert.deepEqual(await site.rows('select lease_token from sources'), [thief]);
    assert.deepEqual(await site.rows('select subject from quarantine'), [], 'no article is to blame');
  });

  test('is not closed by a run that succeeds after another has closed its record', async () => {
    site.publish(1);
    site.override = async (path) => {
      const closed = `status = 'failed', category = 'unknown', error_message = 'closed by another run'`;
      if (path === '/n0') await site.db.query(`update scrape_runs set ${closed} where source_url = $1`, [root]);
      return undefined;
    };
    await site.run();
    assert.deepEqual(await site.lastRun(), { status: 'failed', category: 'unknown' });
  });
});

describe('a run that ends', () => {
  test('while a robots.txt is read that disallows all leaves no rejection unhandled', async (t) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    t.after(() => process.off('unhandledRejection', note));
    const answered = Promise.withResolvers<void>();
    const over = new AbortController();
    const { fetchPage } = await loopbackFetcher(
      t,
      async (_request, response) => {
        over.abort(new Error('the run is over'));
        await setTimeout(50);
        response.writeHead(200, { 'content-type': 'text/plain' }).end('User-agent: *\nDisallow: /', answered.resolve);
      },
      { servesRobots: true, signal: over.signal },
    );
    await assert.rejects(fetchPage('https://www.gov.br/a', 'text/html'), /the run is over/);
    await answered.promise;
    await assert.rejects(fetchPage('https://www.gov.br/b', 'text/html'), /the run is over/, 'before it asks');
    await setTimeout(100);
    assert.deepEqual(unhandled, []);
  });

  test('with 429 keeps the host closed for a minute, unless it says how long', async (t) => {
    const pauses: number[] = [];
    const gate = createHostGate({ maxInFlight: 2, minIntervalMs: 0 });
    const deferHost = async (_host: string, ms: number) => void pauses.push(ms);
    const { fetchPage } = await loopbackFetcher(
      t,
      ({ url }, response) => response.writeHead(429, url === '/a' ? {} : { 'retry-after': '120' }).end(),
      { gate: { ...gate, deferHost } },
    );
    for (const path of ['a', 'b']) {
      await assert.rejects(fetchPage(`https://www.gov.br/${path}`, 'text/html'), { name: 'RateLimitedError' });
    }
    assert.deepEqual(pauses, [60_000, 120_000]);
  });
});
