import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conditionsOf, isOneOf } from '../../../../functions/api/search/typesense-filter.ts';
import { highlighting, readHighlight } from '../../../../functions/api/search/typesense-highlight.ts';
import { createCatalogueLabels } from '../../../../functions/api/search/typesense-labels.ts';
import type { Queryable } from '../../../../shared/database.ts';
import { PermanentError } from '../../../../shared/errors.ts';
import { tagKey } from '../../../../shared/typesense-schema.ts';
import { labels } from './typesense-index.ts';

describe('conditions of a filter', () => {
  const of = (filter: Parameters<typeof conditionsOf>[0]) => conditionsOf(filter, labels.agencies);

  test('name keys, codes, hashes and seconds', () => {
    assert.deepEqual(of({}), []);
    assert.deepEqual(of({ agency: ['mec', 'nobody', 'ibge'] }), ['agency:=[`mec`,`ibge`]']);
    assert.deepEqual(of({ theme: '02.01' }), ['theme_1_level_2_code:=[`02.01`]']);
    assert.deepEqual(of({ tag: ['`&&'] }), [`tag_keys:=[\`${tagKey('`&&')}\`]`]);
    assert.deepEqual(of({ hasSummary: false }), ['has_summary:=false']);
    assert.deepEqual(of({ from: '2026-01-07', to: '2026-01-31' }), [
      `published_at:>=${Date.UTC(2026, 0, 7, 3) / 1000}`,
      `published_at:<${Date.UTC(2026, 1, 1, 3) / 1000}`,
    ]);
    // The last day of daylight saving had 25 hours.
    assert.deepEqual(of({ from: '2018-02-17', to: '2018-02-17' }), [
      `published_at:>=${Date.UTC(2018, 1, 17, 2) / 1000}`,
      `published_at:<${Date.UTC(2018, 1, 18, 3) / 1000}`,
    ]);
  });

  test('are none where nothing can match', () => {
    for (const filter of [
      { agency: [] },
      { agency: ['nobody', 'MEC', '`'] },
      { tag: [] },
      { theme: '2' },
      { theme: '' },
    ]) {
      assert.equal(of(filter), null, JSON.stringify(filter));
    }
  });

  test('a value that a literal cannot hold is refused', () => {
    for (const value of ['`', 'a`b', '\\`', 'a\\', '', '  ']) {
      assert.throws(() => isOneOf('id', ['a', value]), PermanentError, value);
    }
    assert.equal(isOneOf('id', ['a && b', 'c,(d)']), 'id:=[`a && b`,`c,(d)`]');
  });
});

describe('a highlight', () => {
  const [start, end] = [highlighting.highlight_start_tag, highlighting.highlight_end_tag];
  const read = (highlight: Record<string, { snippet?: string; value?: string }>) =>
    readHighlight({ document: { id: 'a' }, highlight });

  test('is escaped, and marked only where the server marked', () => {
    const text = `<b>${start}Censo${end}</b> & "aspas" <mark>`;
    assert.deepEqual(read({ title: { snippet: 'curto', value: text } }), {
      title: '&lt;b&gt;<mark>Censo</mark>&lt;/b&gt; &amp; &quot;aspas&quot; &lt;mark&gt;',
      snippet: null,
    });
  });

  test('balances its marks, whatever the text has of them', () => {
    const { title } = read({ title: { value: `${end}a${start}${start}b${end}${end}c${start}` } })!;
    assert.equal(title, 'a<mark>b</mark>c');
  });

  test('prefers the summary, and shows the content as text', () => {
    const content = {
      snippet: `## Um ${start}censo${end}\n\n* item **forte**, [elo](https://x/y) e ![img](z.png) <i>`,
    };
    assert.equal(read({ content })!.snippet, 'Um <mark>censo</mark> item forte, elo e');
    const summary = { snippet: `O ${start}censo${end}.` };
    assert.equal(read({ content, summary })!.snippet, 'O <mark>censo</mark>.');
    assert.equal(read({ summary: { snippet: 'nada' } }), null);
    assert.equal(read({}), null);
  });
});

describe('a snippet of Markdown', () => {
  const [start, end] = [highlighting.highlight_start_tag, highlighting.highlight_end_tag];
  const snippetOf = (text: string) =>
    readHighlight({ document: { id: 'a' }, highlight: { content: { snippet: `${start}x${end} ${text}` } } })?.snippet;

  test('has no targets of links, with parentheses in them or cut off', () => {
    for (const [text, shown] of [
      ['[a](javascript:alert(1)) b', 'a b'],
      ['[a](https://pt.wikipedia.org/wiki/Censo_(Brasil)) b', 'a b'],
      ['[a](https://x/y "título") b', 'a b'],
      ['b [a](https://x/y', 'b a'],
      ['b [a](https://x/y_(z', 'b a'],
      ['b [a](javascript:alert(1)', 'b a'],
      ['(nota) e função f(x)', '(nota) e função f(x)'],
    ] as const) {
      assert.equal(snippetOf(text), `<mark>x</mark> ${shown}`, text);
    }
  });

  test('is read in time that grows with its length alone', () => {
    for (const text of ['[', '](', '[a](', '[a]((', '![', '*_'].map((piece) => piece.repeat(50_000))) snippetOf(text);
  });
});

describe('labels of the catalogue', () => {
  test('are read once, then again after a minute, and stay while the database is away', async () => {
    let now = 0;
    let statements = 0;
    let isAway = false;
    const db = {
      query: async (text: string) => {
        statements++;
        if (isAway) throw new Error('away');
        return { rows: text.includes('agencies') ? [{ key: 'mec', name: 'MEC' }] : [{ code: '01', label: 'Um' }] };
      },
    } as unknown as Queryable;
    const read = createCatalogueLabels(db, () => now);
    await Promise.all([read(), read()]);
    assert.equal(statements, 2);
    const { agencies, themes } = await read();
    assert.deepEqual([agencies.get('mec'), themes.get('01'), statements], ['MEC', 'Um', 2]);
    isAway = true;
    now = 60_000;
    assert.equal((await read()).agencies.get('mec'), 'MEC');
    assert.equal(statements, 4);
  });
});
