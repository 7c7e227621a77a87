import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { UsageError } from '../../../infra/local/errors.ts';
import { runSearch, type SearchOptions } from '../../../infra/local/search.ts';
import { formatAnswer } from '../../../infra/local/search-report.ts';
import { seedArticles, seedCatalogue } from '../../functions/api/seed.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));

describe('the search command', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
    await seedCatalogue(database.db);
    await seedArticles(database.db, [
      {
        id: 'vacina_000001',
        title: 'Vacina chega',
        content: 'A vacina <b>chega</b>.',
        agency: 'saude',
        tags: ['SUS', 'a,b'],
      },
      { id: 'escola_000002', title: 'Escola abre', themes: ['02'], publishedAt: '2025-05-01T12:00:00-03:00' },
    ]);
  });
  after(() => database?.drop());
  const run = (...args: string[]) => {
    const { EMBEDDING_MODEL: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [bin, 'search', ...args, '--database-url', database.url],
      { encoding: 'utf8', env, timeout: 60_000 },
    );
    return { status, stdout, stderr };
  };

  /** In this process: a start of the command takes seconds on a busy machine. */
  const find = (words: string | undefined, options: Partial<SearchOptions> = {}) =>
    runSearch(words, { data: '.data', databaseUrl: database.url, model: 'lexical', ...options });
  const idsOf = async (...call: Parameters<typeof find>) =>
    (await find(...call)).results.map(({ unique_id }) => unique_id);

  test('shows what the api finds, and its answer with --json', () => {
    const { status, stdout } = run('vacina', '--facets', 'agency,tag', '--limit', '1');
    assert.equal(status, 0);
    assert.deepEqual(stdout.split('\n').slice(0, 7), [
      '1 of 2',
      '',
      '  1. Vacina chega',
      '     saude · 2026-01-10',
      '     https://www.gov.br/vacina_000001',
      '     A vacina chega.',
      '     vacina_000001',
    ]);
    assert.match(stdout, /By agency\n {7}1 {2}mec Ministério da Educação\n {7}1 {2}saude Ministério da Saúde\n/);
    assert.match(stdout, /Next page: --cursor [\w-]+\n$/);
    const answer = JSON.parse(run('vacina', '--sort', 'date', '--tag', 'x', '--tag', 'a,b', '--json').stdout);
    assert.equal(answer.query, 'vacina');
    assert.equal(answer.results[0].unique_id, 'vacina_000001');
    assert.deepEqual(answer.total, { count: 1, is_exact: true });
  });

  test('a wrong call ends with 2, an unknown article with 1', () => {
    const wrong = run('--limit', '0', '--agency', 'MEC');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--limit must be at least 1/);
    assert.match(wrong.stderr, /--agency must be keys/);
    assert.equal(run('--similar', 'x_000000').status, 1);
  });

  test('narrows, lists the newest without words, and finds what is similar', async () => {
    assert.deepEqual(await idsOf(undefined), ['vacina_000001', 'escola_000002']);
    const narrow = { agency: 'mec,ibge', theme: '02', from: '2025-05-01', to: '2025-05-01' };
    assert.deepEqual(await idsOf(undefined, narrow), ['escola_000002']);
    assert.deepEqual(await idsOf(undefined, { hasSummary: 'true' }), []);
    assert.deepEqual(await idsOf('vacina', { sort: 'date', tag: ['nada', 'SUS'] }), ['vacina_000001']);
    assert.deepEqual(await idsOf(undefined, { similar: 'vacina_000001' }), ['escola_000002']);
    assert.match(formatAnswer(await find(undefined, { similar: 'vacina_000001' })), /^1 similar to vacina_000001\n/);
    assert.equal(formatAnswer(await find(undefined, { tag: ['nada'] })), 'Nothing found');
  });

  test('refuses what the api refuses, by the names of its options', async () => {
    const refused = (message: RegExp) => (error: unknown) => error instanceof UsageError && message.test(error.message);
    await assert.rejects(
      find('vacina', { similar: 'x', sort: 'date' }),
      refused(/the text does not go with --similar; --sort/),
    );
    await assert.rejects(find(undefined, { hasSummary: 'x' }), refused(/--has-summary must be one of true, false/));
    await assert.rejects(find(undefined, { cursor: 'x' }), refused(/--cursor must be the `next` of an answer/));
  });

  test('obeys no control characters of a text', () => {
    const text = formatAnswer({
      query: 'x',
      count: 1,
      total: { count: 1, is_exact: true },
      next: null,
      results: [
        {
          unique_id: 'a_000000',
          title: 'x',
          url: 'https://www.gov.br/\u001b[2J',
          agency: 'mec',
          agency_name: 'MEC',
          published_at: new Date(0),
          summary: 'a\u001b]0;x\u0007',
          theme: null,
          image: null,
          score: 1,
          highlight: { title: '<mark>\u001b[31mx</mark> &lt;b&gt; &amp;lt;', snippet: null },
          copies: ['b_000000'],
        },
      ],
    });
    const plain = stripVTControlCharacters(text);
    assert.doesNotMatch(plain, /(?!\n)\p{Cc}/u);
    assert.ok(plain.includes('\\u{1b}[31mx <b> &lt;'));
    assert.ok(plain.includes('also published as 1 more'));
  });
});
