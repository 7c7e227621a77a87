import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Database } from '../../../shared/database.ts';
import { listSourceActivity } from '../../../shared/sql/source-health.ts';
import { databases, type OpenDatabase } from '../../functions/api/api-server.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const ago = (ms: number) => new Date(Date.now() - ms);

for (const { name, skip, open } of databases) {
  describe(`what a source shows, on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let db: Database;
    before(async () => {
      database = await open();
      db = database.db;
      await db.query(`insert into agencies (key, name) values ('mec', 'MEC'), ('ibge', 'IBGE')`);
    });
    after(() => database?.drop());
    beforeEach(async () => {
      await db.query('truncate sources, scrape_runs, pages, news cascade');
      await addSource('mec', 'https://m/a');
    });

    const addSource = (agency: string, url: string, isActive = true) =>
      db.query('insert into sources (agency_key, url, is_active) values ($1, $2, $3)', [agency, url, isActive]);
    const addRun = (
      startedAt: Date,
      status: string,
      fields: { url?: string; category?: string; error?: string } = {},
    ) =>
      db.query(
        `insert into scrape_runs
           (agency_key, source_url, start_date, end_date, status, category, error_message, started_at, finished_at)
         values ('mec', $1, current_date, current_date, $2, $3, $4, $5,
           case when $2 <> 'running' then $5::timestamptz + interval '1 minute' end)`,
        [fields.url ?? 'https://m/a', status, fields.category ?? null, fields.error ?? null, startedAt],
      );
    let count = 0;
    const addArticles = async (dates: readonly Date[], fields: { agency?: string; sourceUrl?: string } = {}) => {
      for (const publishedAt of dates) {
        const id = `a${++count}`;
        const agency = fields.agency ?? 'mec';
        await db.query(
          `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source,
             extracted_at, title, url, canonical_url, last_seen_at, search)
           select $1::text, id, key, name, $3, 'page', now(), 'T', $1, $1, now(), '' from agencies where key = $2`,
          [id, agency, publishedAt],
        );
        if (!fields.sourceUrl) continue;
        await db.query(
          `insert into pages (agency_key, canonical_url, source_url, url, platform, visited_at)
           values ($1, $2, $3, $2, 'classic', now())`,
          [agency, id, fields.sourceUrl],
        );
      }
    };
    const read = async (url = 'https://m/a') => (await listSourceActivity(db)).find((source) => source.url === url)!;

    test('nothing at first', async () => {
      assert.deepEqual(await listSourceActivity(db), [
        {
          agency_key: 'mec',
          url: 'https://m/a',
          platform: null,
          is_active: true,
          disabled_reason: null,
          disabled_at: null,
          held_at: null,
          held_reason: null,
          released_at: null,
          first_run_at: null,
          last_success_at: null,
          consecutive_failures: 0,
          failing_since: null,
          last_category: null,
          last_error: null,
          running_since: null,
          newest_article_at: null,
          articles_24h: 0,
          articles_7d: 0,
          usual_articles_per_day: 0,
          usual_gap_days: null,
        },
      ]);
    });

    test('the failures since its last success, with the cause of the last', async () => {
      const [first, success, failure, last] = [9, 5, 4, 3].map((hours) => ago(hours * hourMs));
      await addRun(first!, 'failed', { category: 'anti_bot', error: 'before the success' });
      await addRun(success!, 'succeeded');
      await addRun(failure!, 'failed', { category: 'network_error', error: 'earlier' });
      await addRun(last!, 'failed', { category: 'html_changed', error: 'later' });
      await addRun(ago(1000), 'running');
      await addRun(ago(hourMs), 'failed', { url: 'https://m/other', category: 'anti_bot' });
      const source = await read();
      assert.deepEqual(
        [source.consecutive_failures, source.last_category, source.last_error],
        [2, 'html_changed', 'later'],
      );
      assert.deepEqual([source.first_run_at, source.failing_since], [first, failure]);
      assert.deepEqual(source.last_success_at, new Date(success!.getTime() + 60_000));

      await addRun(ago(hourMs), 'succeeded');
      const { consecutive_failures, last_category, last_error, failing_since } = await read();
      assert.deepEqual([consecutive_failures, last_category, last_error, failing_since], [0, null, null, null]);
    });

    test('a run that never ended, unless a later one did', async () => {
      await addRun(ago(3 * hourMs), 'running');
      await addRun(ago(2 * hourMs), 'failed');
      assert.equal((await read()).running_since, null);
      const started = ago(hourMs);
      await addRun(started, 'running');
      await addRun(ago(1000), 'running');
      assert.deepEqual((await read()).running_since, started);
    });

    test('articles of the last day and week against the mean of the eight weeks before', async () => {
      await addArticles([ago(hourMs), ago(2 * dayMs), ago(6 * dayMs)]);
      await addArticles(Array.from({ length: 28 }, (_, index) => ago((7.5 + index) * dayMs)));
      await addArticles([ago(64 * dayMs), ago(-dayMs)]);
      const source = await read();
      assert.deepEqual([source.articles_24h, source.articles_7d, source.usual_articles_per_day], [1, 3, 0.5]);
    });

    test('the gap between the days on which it publishes, in the 90 days up to its newest article', async () => {
      const newest = ago(100 * dayMs);
      await addArticles([0, 0, 3, 6, 6, 9].map((days) => new Date(newest.getTime() - days * dayMs)));
      await addArticles([new Date(newest.getTime() - 91 * dayMs)]);
      const source = await read();
      assert.equal(source.usual_gap_days, 3);
      assert.deepEqual(source.newest_article_at, newest);
    });

    test('no gap from four articles, nor from a single day', async () => {
      await addArticles([1, 2, 3, 4].map((days) => ago(days * dayMs)));
      assert.equal((await read()).usual_gap_days, null);
      await db.query('truncate news cascade');
      await addArticles(Array.from({ length: 6 }, () => new Date('2026-11-10T15:00:00Z')));
      assert.equal((await read()).usual_gap_days, null);
    });

    test('removed articles, which were published all the same, and none that is dated in the future', async () => {
      await addArticles([ago(hourMs), ago(-2 * hourMs)]);
      await db.query('update news set removed_at = now()');
      assert.equal((await read()).articles_24h, 1);
    });

    test('all articles of its agency, unless that has another active source: then the pages say whose they are', async () => {
      await addSource('mec', 'https://m/old', false);
      await addArticles([ago(hourMs)]);
      await addArticles([ago(hourMs)], { sourceUrl: 'https://m/old' });
      await addArticles([ago(hourMs)], { agency: 'ibge' });
      await addArticles([ago(hourMs)], { sourceUrl: 'https://m/a' });
      assert.equal((await read()).articles_24h, 3);

      await addSource('mec', 'https://m/b');
      await addArticles([ago(hourMs), ago(2 * hourMs)], { sourceUrl: 'https://m/b' });
      await addArticles([ago(hourMs), ago(2 * hourMs), ago(3 * hourMs)], { sourceUrl: 'https://m/a' });
      assert.equal((await read()).articles_24h, 4);
      assert.equal((await read('https://m/b')).articles_24h, 2);
      assert.equal((await read('https://m/old')).articles_24h, 1);
    });
  });
}
