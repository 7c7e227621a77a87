import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatSourceHealth } from '../../../infra/local/source-report.ts';
import { addSource, release, turnOff, turnOn } from '../../../infra/local/sources.ts';
import type { Database } from '../../../shared/database.ts';
import { judgeSources } from '../../../shared/source-health.ts';
import { listSourceActivity } from '../../../shared/sql/source-health.ts';
import { listSourceStates } from '../../../shared/sql/sources.ts';
import { databases, type OpenDatabase } from '../../functions/api/api-server.ts';

const mec = 'https://www.gov.br/mec/pt-br/assuntos/noticias';

for (const { name, skip, open } of databases) {
  describe(`sources on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    let db: Database;
    before(async () => {
      database = await open();
      db = database.db;
      await db.query(`insert into agencies (key, name) values ('mec', 'MEC'), ('ibge', 'IBGE')`);
    });
    after(() => database?.drop());
    beforeEach(async () => {
      await db.query('truncate sources, scrape_runs');
      await db.query(`insert into sources (agency_key, url) values ('mec', $1)`, [mec]);
    });
    const stored = async (url = mec) => (await listSourceStates(db)).find((source) => source.url === url)!;
    const refused = (work: Promise<unknown>, message: RegExp) =>
      assert.rejects(work, (error: Error) => {
        assert.equal(error.name, 'UsageError');
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      });

    test('an added source is active, under one spelling of its address', async () => {
      const url = 'https://www.gov.br/ibge/n';
      assert.equal(await addSource(db, 'https://www.GOV.br/ibge/n/', { agency: 'ibge' }), `added ${url} of ibge`);
      const { is_active, platform, user_agent, agency_key } = await stored(url);
      assert.deepEqual([is_active, platform, user_agent, agency_key], [true, null, null, 'ibge']);
      const set = { agency: 'ibge', platform: 'volto', userAgent: 'Mozilla/5.0' } as const;
      await addSource(db, 'https://www.gov.br/ibge/m', set);
      const other = await stored('https://www.gov.br/ibge/m');
      assert.deepEqual([other.platform, other.user_agent], ['volto', 'Mozilla/5.0']);
    });

    test('an address that is none of a listing, known already, or of an unknown agency is refused', async () => {
      await refused(
        addSource(db, 'http://www.gov.br/x', { agency: 'mec' }),
        /^http:\/\/www\.gov\.br\/x must be an https/,
      );
      await refused(addSource(db, 'noticias', { agency: 'mec' }), /must be an https address/);
      await refused(addSource(db, 'https://www.gov.br/x?page=2', { agency: 'mec' }), /neither a query nor a fragment/);
      await refused(addSource(db, 'https://www.gov.br/x', { agency: 'mecc' }), /^unknown agency: mecc/);
      await refused(addSource(db, `${mec}/`, { agency: 'ibge' }), /noticias is already a source of mec \(active\)$/);
      await turnOff(db, mec, 'dead');
      await refused(addSource(db, mec, { agency: 'mec' }), /\(disabled since 20\d\d-\d\d-\d\d: dead\)$/);
      assert.equal((await listSourceStates(db)).length, 1);
    });

    test('a disabled source keeps the day of it when the reason changes, and loses both when it is enabled', async () => {
      assert.equal(await turnOff(db, `${mec}/`, ' moved '), `disabled ${mec}`);
      const { is_active, disabled_reason, disabled_at } = await stored();
      assert.deepEqual([is_active, disabled_reason], [false, 'moved']);
      assert.ok(Date.now() - disabled_at!.getTime() < 60_000);
      assert.equal(await turnOff(db, mec, 'gone'), `${mec} is already disabled: the reason is noted`);
      const again = await stored();
      assert.deepEqual([again.disabled_reason, again.disabled_at], ['gone', disabled_at]);

      assert.equal(await turnOn(db, mec), `enabled ${mec}`);
      const enabled = await stored();
      assert.deepEqual([enabled.is_active, enabled.disabled_reason, enabled.disabled_at], [true, null, null]);
      assert.equal(await turnOn(db, mec), `${mec} is already enabled`);
      await refused(turnOff(db, mec, ' '), /--reason must not be empty/);
    });

    test('enabling sets a user agent, takes it back, or leaves it', async () => {
      assert.match(await turnOn(db, mec, 'Mozilla/5.0'), /is already enabled; its user agent is now Mozilla\/5\.0$/);
      assert.equal((await stored()).user_agent, 'Mozilla/5.0');
      await turnOn(db, mec);
      assert.equal((await stored()).user_agent, 'Mozilla/5.0');
      assert.match(await turnOn(db, mec, ''), /the usual one$/);
      assert.equal((await stored()).user_agent, null);
    });

    test('a held source is released once; one that is not held is said to be so', async () => {
      assert.equal(await release(db, mec), `${mec} is not held`);
      assert.equal((await stored()).released_at, null);
      await db.query(`update sources set held_at = now() - interval '1 hour', held_reason = '9 of 40 vanished'`);
      assert.match(await release(db, `${mec}/`), /^released .*\(9 of 40 vanished\): what is due now is let through$/);
      const { released_at, held_at } = await stored();
      assert.ok(released_at! > held_at!);
      assert.match(await release(db, mec), /is already released/);
      assert.deepEqual((await stored()).released_at, released_at);
    });

    test('an unknown address names the nearest', async () => {
      await addSource(db, 'https://www.gov.br/ibge/pt-br/imprensa', { agency: 'ibge' });
      const nearest = /^https:\/\/www\.gov\.br\/mec\/noticias is not a source; the nearest are (\S+), \S+$/;
      await refused(turnOff(db, 'https://www.gov.br/mec/noticias', 'x'), nearest);
      const error = await turnOn(db, 'https://www.gov.br/mec/noticias').catch((error: Error) => error.message);
      assert.equal(nearest.exec(error)?.[1], mec);
      await refused(release(db, 'mec'), /^mec is not a source/);
    });

    test('the report holds what needs an eye, on lines of their own, and the totals', async () => {
      await addSource(db, 'https://www.gov.br/ibge/n', { agency: 'ibge' });
      await db.query(
        `insert into scrape_runs (agency_key, source_url, start_date, end_date, status, category, error_message,
           started_at, finished_at)
         values ('mec', $1, current_date, current_date, 'failed', 'html_changed', E'no item\\n\\u001b[31mred',
             '2026-11-02T10:00Z', '2026-11-02T10:01Z'),
           ('ibge', 'https://www.gov.br/ibge/n', current_date, current_date, 'succeeded', null, null, now(), now())`,
        [mec],
      );
      const health = judgeSources(await listSourceActivity(db), new Date('2026-11-02T11:00Z'));
      assert.equal(
        formatSourceHealth(health, {}),
        [
          `failing: mec ${mec}`,
          '  1 failed run since 2026-11-02 10:00 UTC: html_changed, no item [31mred',
          '  last success never, newest article none within a year, 0 in 24 h (usual 0), 0 in 7 days (usual 0)',
          '2 active sources: 1 well, 1 failing, 0 stale, 0 held, 1 without a success so far',
        ].join('\n'),
      );
      assert.match(formatSourceHealth(health, { all: true }), /^well: ibge https:\/\/www\.gov\.br\/ibge\/n$/m);
    });
  });
}

describe('the sources commands', () => {
  const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'sources-'));
  after(() => rmSync(folder, { recursive: true }));
  const destaques = (...args: string[]) =>
    spawnSync(process.execPath, [bin, ...args, '--data', join(folder, 'data')], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', HOME: folder },
      timeout: 120_000,
    });

  test('wrong calls end with 2', () => {
    const url = 'https://www.gov.br/x';
    const calls: [args: string[], pattern: RegExp][] = [
      [['add', url], /required option '--agency <key>'/],
      [['add', url, '--agency', 'mec', '--platform', 'plone'], /Allowed choices are classic, volto/],
      [['add', url, '--agency', 'mec', '--user-agent', 'a\nb'], /must be plain ASCII/],
      [['add', 'http://www.gov.br/x', '--agency', 'mec'], /must be an https address/],
      [['disable', mec], /required option '--reason <text>'/],
      [['disable', url, '--reason', 'x'], /is not a source; the nearest are/],
      [['list', '--agencies', 'atlantis'], /unknown agency: atlantis/],
    ];
    for (const [args, pattern] of calls) {
      const { status, stderr } = destaques('sources', ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, pattern);
    }
  });

  test('what one sets the other shows, and an import of the catalogue leaves it', () => {
    assert.equal(destaques('sources', 'disable', `${mec}/`, '--reason', 'site moved').status, 0);
    const imported = destaques('catalogue', 'import');
    assert.match(imported.stdout, /^sources: 0 added, 0 changed/m);
    const listed = destaques('sources', 'list', '--agencies', 'mec');
    assert.match(listed.stdout, /^mec .*noticias {2}\(disabled since 20\d\d-\d\d-\d\d: site moved\)\n$/);
    const [source] = JSON.parse(destaques('sources', 'list', '--agencies', 'mec', '--json').stdout);
    assert.deepEqual([source.url, source.is_active, source.disabled_reason], [mec, false, 'site moved']);

    const flagged = JSON.parse(destaques('sources', 'health', '--json').stdout) as { url: string; flags: string[] }[];
    const all = JSON.parse(destaques('sources', 'health', '--json', '--all').stdout) as { url: string }[];
    assert.equal(all.length, flagged.length + 1);
    assert.equal(all.at(-1)?.url, mec);
    assert.ok(flagged.every(({ flags }) => flags[0] === 'never_run'));
    assert.match(destaques('sources', 'health').stdout, /\n\d+ active sources: 0 well, .* without a success so far\n$/);
  });
});
