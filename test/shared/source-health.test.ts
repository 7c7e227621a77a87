import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countSources, judgeSources } from '../../shared/source-health.ts';
import type { SourceActivity } from '../../shared/sql/source-health.ts';

const now = new Date('2026-11-20T12:00:00Z');
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000);

/** A source that is well; only what a test is about needs to be given. */
function activity(fields: Partial<SourceActivity> = {}): SourceActivity {
  return {
    agency_key: 'mec',
    url: 'https://m/a',
    platform: 'classic',
    is_active: true,
    disabled_reason: null,
    disabled_at: null,
    held_at: null,
    held_reason: null,
    released_at: null,
    first_run_at: ago(100),
    last_success_at: ago(0.01),
    consecutive_failures: 0,
    failing_since: null,
    last_category: null,
    last_error: null,
    running_since: null,
    newest_article_at: ago(0.5),
    articles_24h: 2,
    articles_7d: 14,
    usual_articles_per_day: 2,
    usual_gap_days: 1.4,
    ...fields,
  };
}

const flags = (fields: Partial<SourceActivity>) => judgeSources([activity(fields)], now)[0]!.flags;

test('a source that runs and publishes as it usually does has no flag', () => {
  assert.deepEqual(flags({}), []);
});

test('a source is stale after three times its usual gap, which is never less than a day', () => {
  assert.deepEqual(flags({ newest_article_at: ago(4.1), usual_gap_days: 1.4 }), []);
  assert.deepEqual(flags({ newest_article_at: ago(4.3), usual_gap_days: 1.4 }), ['stale']);
  assert.deepEqual(flags({ newest_article_at: ago(2.9), usual_gap_days: 0.2 }), []);
  assert.deepEqual(flags({ newest_article_at: ago(3.1), usual_gap_days: 0.2 }), ['stale']);
});

test('a source with too few articles to tell is stale after 90 days, counted from its first run without any', () => {
  const rare = { usual_gap_days: null, usual_articles_per_day: 0.01 };
  assert.deepEqual(flags({ ...rare, newest_article_at: ago(89) }), []);
  assert.deepEqual(flags({ ...rare, newest_article_at: ago(91) }), ['stale']);
  assert.deepEqual(flags({ ...rare, newest_article_at: null, first_run_at: ago(89) }), []);
  assert.deepEqual(flags({ ...rare, newest_article_at: null, first_run_at: ago(91) }), ['stale']);
});

test('a source is low below a quarter of its usual week, if that is ten articles at least', () => {
  assert.deepEqual(flags({ articles_7d: 4, usual_articles_per_day: 2 }), []);
  assert.deepEqual(flags({ articles_7d: 3, usual_articles_per_day: 2 }), ['low']);
  assert.deepEqual(flags({ articles_7d: 0, usual_articles_per_day: 1.4 }), []);
});

test('a held source is flagged until it is released, and again when it is held anew', () => {
  assert.deepEqual(flags({ held_at: ago(2) }), ['held']);
  assert.deepEqual(flags({ held_at: ago(2), released_at: ago(1) }), []);
  assert.deepEqual(flags({ held_at: ago(1), released_at: ago(2) }), ['held']);
});

test('a run is stuck after twenty minutes', () => {
  assert.deepEqual(flags({ running_since: new Date(now.getTime() - 19 * 60_000) }), []);
  assert.deepEqual(flags({ running_since: new Date(now.getTime() - 21 * 60_000) }), ['stuck']);
});

test('a source that nobody has asked for is flagged', () => {
  assert.deepEqual(flags({ first_run_at: null, last_success_at: null }), ['never_run']);
});

test('a disabled source has no flags, whatever it shows', () => {
  assert.deepEqual(flags({ is_active: false, held_at: ago(1), consecutive_failures: 9, newest_article_at: null }), []);
});

test('the worst come first: held, failing the most often, stuck, silent the longest, never run, low', () => {
  const sources = judgeSources(
    [
      activity({ url: 'well' }),
      activity({ url: 'disabled', is_active: false }),
      activity({ url: 'low', articles_7d: 1 }),
      activity({ url: 'never', first_run_at: null, last_success_at: null }),
      activity({ url: 'stale 20', newest_article_at: ago(20) }),
      activity({ url: 'stale 30', newest_article_at: ago(30) }),
      activity({ url: 'stuck', running_since: ago(1) }),
      activity({ url: 'failing 2', consecutive_failures: 2 }),
      activity({ url: 'failing 9', consecutive_failures: 9, newest_article_at: ago(9), last_success_at: null }),
      activity({ url: 'held', held_at: ago(1) }),
    ],
    now,
  );
  assert.deepEqual(
    sources.map(({ url }) => url),
    ['held', 'failing 9', 'failing 2', 'stuck', 'stale 30', 'stale 20', 'never', 'low', 'disabled', 'well'],
  );
  assert.deepEqual(sources[1]?.flags, ['failing', 'stale']);
  assert.deepEqual(countSources(sources), { active: 9, failing: 2, stale: 3, held: 1, never_succeeded: 2 });
});
