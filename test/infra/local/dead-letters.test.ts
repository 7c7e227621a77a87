import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  describeDeadLetters,
  discard,
  redriveDeadLetters,
  showDeadLetters,
} from '../../../infra/local/dead-letters.ts';
import { countDelivery } from '../../../infra/local/delivery.ts';
import { createProgram } from '../../../infra/local/program.ts';
import { recordFailure } from '../../../shared/sql/quarantine.ts';
import { databases, type OpenDatabase } from '../../functions/api/api-server.ts';
import { createRecorder, nudges, seedArticle } from '../../support/articles.ts';

for (const { name, skip, open } of databases) {
  describe(`dead-letters on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    const recorder = createRecorder();
    const deps = (isPublishing = true) => ({
      ...recorder,
      ...countDelivery(recorder.publisher),
      db: database.db,
      isPublishing,
      enricherRank: 1,
    });
    let article: string;

    before(async () => {
      database = await open();
      article = (await seedArticle(database.db)).unique_id;
    });
    after(() => database?.drop());
    beforeEach(async () => {
      await database.db.query('truncate quarantine, outbox restart identity');
      recorder.published.length = 0;
      const fail = (stage: string, subject: string, error: string) =>
        recordFailure(database.db, {
          stage,
          subject,
          data: { text: 'as sent' },
          attributes: { event_version: '1' },
          error,
        });
      await fail('embed', article, 'Error: too long\n    at line 2');
      await fail('sync', 'gone', 'Error: no row');
      await fail('sync', 'gone', 'Error: still no row');
    });

    test('lists id, stage, subject, failures, times and the first line of the error', async () => {
      const lines = (await describeDeadLetters(database.db, {})).split('\n');
      assert.equal(lines.length, 6);
      assert.match(lines[0]!, new RegExp(`^ +1 +embed +${article}$`));
      assert.match(lines[1]!, /^ +1 failure, \d{4}-\d\d-\d\d \d\d:\d\d … \d{4}-\d\d-\d\d \d\d:\d\d, open$/);
      assert.equal(lines[2]!.trim(), 'Error: too long');
      assert.match(lines[4]!, /2 failures, .* open, cannot be redriven$/);
    });

    test('lists what a terminal would obey as escaped, on three short lines, however long a subject is', async () => {
      await database.db.query('truncate quarantine restart identity');
      const entry = { stage: 'sync', data: null, attributes: {} };
      await recordFailure(database.db, {
        ...entry,
        subject: `\u001b[2J\r${'x'.repeat(1e6)}`,
        error: '\u001b]0;t\u0007\u202e',
      });
      const text = await describeDeadLetters(database.db, {});
      assert.match(text, /^ +1 +sync +\\u\{1b\}\[2J\\u\{d\}x+…\n.*\n +\\u\{1b\}\]0;t\\u\{7\}\\u\{202e\}$/);
      assert.ok(text.length < 500, `${text.length}`);
      const whole = JSON.parse(await describeDeadLetters(database.db, { json: true })) as { subject: string }[];
      assert.ok(whole[0]!.subject.endsWith('x'.repeat(1e6)));
    });

    test('a row without usable attributes hides no other', async () => {
      await database.db.query(`update quarantine set attributes = 'null' where id = 2`);
      assert.match(await describeDeadLetters(database.db, {}), /still no row|no row/);
      assert.match(await showDeadLetters(database.db, [1, 2]), /still no row/);
      assert.match(await redriveDeadLetters([1], { rate: 1000 }, deps()), /^1 redriven/);
    });

    test('ids and filters do not go together, and an unknown agency is named', async () => {
      const wrong = { name: 'UsageError', message: /^ids say which, and do not go with --/ };
      const since = new Date('2030-01-01');
      await assert.rejects(discard(database.db, [1, 2], { reason: 'r', limit: 1 }), wrong);
      await assert.rejects(discard(database.db, [1], { reason: 'r', since }), wrong);
      await assert.rejects(redriveDeadLetters([1], { rate: 1000, stage: 'embed' }, deps()), wrong);
      const unknown = { name: 'UsageError', message: /^unknown agency: nope/ };
      await assert.rejects(describeDeadLetters(database.db, { agency: 'nope' }), unknown);
      await assert.rejects(redriveDeadLetters([], { rate: 1000, agency: 'nope' }, deps()), unknown);
      await assert.rejects(discard(database.db, [], { reason: 'r', limit: 1 }), { message: /^say which/ });
      assert.equal((await database.db.query('select from quarantine where closed_at is null')).rowCount, 2);
    });

    test('what was not published is counted', async () => {
      recorder.failWith = new Error('no broker');
      const text = await redriveDeadLetters([1, 2], { rate: 1000, json: true }, deps());
      recorder.failWith = undefined;
      const { redriven, unreadable, in_outbox: inOutbox } = JSON.parse(text) as Record<string, number>;
      assert.deepEqual([redriven, unreadable, inOutbox], [1, 1, 1]);
    });

    test('filters, limits, and prints objects', async () => {
      const ids = async (options: object) => {
        const text = await describeDeadLetters(database.db, { json: true, ...options });
        return (JSON.parse(text) as { id: number }[]).map(({ id }) => id);
      };
      assert.deepEqual(await ids({}), [1, 2]);
      assert.deepEqual(await ids({ limit: 1 }), [1]);
      assert.deepEqual(await ids({ stage: 'sync' }), [2]);
      assert.deepEqual(await ids({ agency: 'mec' }), [1]);
      assert.deepEqual(await ids({ subject: 'gone' }), [2]);
      assert.deepEqual(await ids({ error: 'TOO LONG' }), [1]);
      assert.deepEqual(await ids({ since: new Date(Date.now() + 60_000) }), []);
      assert.equal(await describeDeadLetters(database.db, { stage: 'enrich' }), 'no dead letters');
    });

    test('closed ones are listed when they are asked for, with why', async () => {
      assert.equal(await discard(database.db, [1], { reason: 'an advert' }), '1 discarded');
      assert.doesNotMatch(await describeDeadLetters(database.db, {}), /too long/);
      assert.match(await describeDeadLetters(database.db, { all: true }), /closed .*: an advert/);
    });

    test('shows all of one, and what a redrive would send', async () => {
      const [letter, other] = JSON.parse(await showDeadLetters(database.db, [1, 2])) as Record<string, unknown>[];
      assert.deepEqual(letter!.data, { text: 'as sent' });
      assert.match(String(letter!.error), /line 2/);
      const { topic, data } = letter!.redrive as { topic: string; data: unknown };
      assert.deepEqual([topic, data], ['enriched', { unique_id: article, version: 1 }]);
      assert.equal(other!.redrive, null);
      await assert.rejects(showDeadLetters(database.db, [1, 99]), {
        name: 'UsageError',
        message: 'no dead letter with id 99',
      });
    });

    test('redrives by ids or by filter, never all by an omission, and says what it could not', async () => {
      const options = { rate: 1000 };
      await assert.rejects(redriveDeadLetters([], options, deps()), { name: 'UsageError', message: /^say which/ });
      await assert.rejects(discard(database.db, [], { reason: 'r' }), { name: 'UsageError' });
      await assert.rejects(redriveDeadLetters([99], options, deps()), /no open dead letter with id 99/);
      assert.equal(
        await redriveDeadLetters([1, 2], options, deps()),
        '1 redriven\n1 name nothing that could be done again: show or discard them',
      );
      assert.deepEqual(nudges(recorder.published), [`enriched ${article} 1`]);
      assert.match(
        await redriveDeadLetters([], { ...options, stage: 'embed' }, deps()),
        /^0 redriven\n1 redriven less/,
      );
      assert.match(await describeDeadLetters(database.db, { stage: 'embed' }), /open, redriven \d{4}/);
    });

    test('without Pub/Sub the message stays in the outbox, and that is said', async () => {
      recorder.failWith = new Error('no GOOGLE_CLOUD_PROJECT');
      const text = await redriveDeadLetters([1], { rate: 10 }, deps(false));
      recorder.failWith = undefined;
      assert.match(text, /^1 redriven \(in the outbox/);
      assert.equal((await database.db.query('select from outbox')).rowCount, 1);
    });
  });
}

test('ids, rates and days are checked before a database is opened', async () => {
  const call = async (...args: string[]) => {
    const program = createProgram();
    for (const command of [program, ...program.commands.flatMap((part) => [part, ...part.commands])]) {
      command.exitOverride().configureOutput({ writeErr: () => {} });
    }
    await program.parseAsync(['dead-letters', ...args], { from: 'user' });
  };
  await assert.rejects(call('redrive', 'one'), /must be numbers/);
  await assert.rejects(call('redrive', '1', '--rate', '5000/s'), /must be a rate such as 50\/s/);
  await assert.rejects(call('list', '--since', '2026-02-30'), /must be a day that exists/);
  await assert.rejects(call('discard', '1'), /--reason/);
  await assert.rejects(call('discard', '1', '--reason', ' '), /must not be empty/);
  for (const name of ['--error', '--subject', '--agency']) {
    await assert.rejects(call('redrive', name, ''), /must not be empty/);
  }
  await assert.rejects(call('redrive', '--stage', 'embd'), /Allowed choices are scrape, enrich, embed, sync, unknown/);
});
