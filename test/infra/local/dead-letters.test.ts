import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  describeDeadLetters,
  discard,
  redriveDeadLetters,
  showDeadLetters,
} from '../../../infra/local/dead-letters.ts';
import { createProgram } from '../../../infra/local/program.ts';
import { recordFailure } from '../../../shared/sql/quarantine.ts';
import { databases, type OpenDatabase } from '../../functions/api/api-server.ts';
import { createRecorder, nudges, seedArticle } from '../../support/articles.ts';

for (const { name, skip, open } of databases) {
  describe(`dead-letters on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    const recorder = createRecorder();
    const deps = (isPublishing = true) => ({ ...recorder, db: database.db, isPublishing, enricherRank: 1 });
    const limited = { limit: 50 };
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
      const lines = (await describeDeadLetters(database.db, limited)).split('\n');
      assert.equal(lines.length, 6);
      assert.match(lines[0]!, new RegExp(`^ +1 +embed +${article}$`));
      assert.match(lines[1]!, /^ +1 failure, \d{4}-\d\d-\d\d \d\d:\d\d … \d{4}-\d\d-\d\d \d\d:\d\d, open$/);
      assert.equal(lines[2]!.trim(), 'Error: too long');
      assert.match(lines[4]!, /2 failures, .* open, cannot be redriven$/);
    });

    test('filters, limits, and prints objects', async () => {
      const ids = async (options: object) => {
        const text = await describeDeadLetters(database.db, { ...limited, json: true, ...options });
        return (JSON.parse(text) as { id: number }[]).map(({ id }) => id);
      };
      assert.deepEqual(await ids({}), [1, 2]);
      assert.deepEqual(await ids({ limit: 1 }), [1]);
      assert.deepEqual(await ids({ stage: 'sync' }), [2]);
      assert.deepEqual(await ids({ agency: 'mec' }), [1]);
      assert.deepEqual(await ids({ subject: 'gone' }), [2]);
      assert.deepEqual(await ids({ error: 'TOO LONG' }), [1]);
      assert.deepEqual(await ids({ since: new Date(Date.now() + 60_000) }), []);
      assert.equal(await describeDeadLetters(database.db, { ...limited, stage: 'enrich' }), 'no dead letters');
    });

    test('closed ones are listed when they are asked for, with why', async () => {
      assert.equal(await discard(database.db, [1], { ...limited, reason: 'an advert' }), '1 discarded');
      assert.doesNotMatch(await describeDeadLetters(database.db, limited), /too long/);
      assert.match(await describeDeadLetters(database.db, { ...limited, all: true }), /closed .*: an advert/);
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
      const options = { ...limited, rate: 1000 };
      await assert.rejects(redriveDeadLetters([], options, deps()), { name: 'UsageError', message: /^say which/ });
      await assert.rejects(discard(database.db, [], { ...limited, reason: 'r' }), { name: 'UsageError' });
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
      assert.match(await describeDeadLetters(database.db, { ...limited, stage: 'embed' }), /open, redriven \d{4}/);
    });

    test('without Pub/Sub the message stays in the outbox, and that is said', async () => {
      recorder.failWith = new Error('no GOOGLE_CLOUD_PROJECT');
      const text = await redriveDeadLetters([1], { ...limited, rate: 10 }, deps(false));
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
});
