import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanMarkdown } from '../../../../functions/scrape/markdown/clean-markdown.ts';

const known = { title: 'Título', subtitle: 'Linha fina', editorialLead: null };
const drawn = [
  '---',
  '***',
  '________________',
  String.raw`\_\_\_\_\_\_`,
  String.raw`\---------`,
  String.raw`\===`,
  '—————',
  '– – –',
  String.raw`**\_\_\_\_**`,
];

function clean(...blocks: string[]): string {
  return cleanMarkdown(blocks.join('\n\n'), known);
}

test('a rule that was drawn with strokes is a rule between texts, and nothing at the ends', () => {
  for (const rule of drawn) {
    assert.equal(clean('Um.', rule, 'Dois.'), 'Um.\n\n---\n\nDois.', rule);
    assert.equal(clean(rule, 'Um.', rule, rule), 'Um.', rule);
    assert.equal(
      clean(rule, 'Título', rule, 'Linha fina', rule, 'Um.', rule, rule, 'Dois.'),
      'Um.\n\n---\n\nDois.',
      rule,
    );
    assert.equal(clean('![](https://x/a.jpg)', rule, 'Um.'), '![](https://x/a.jpg)\n\nUm.', rule);
  }
  assert.equal(cleanMarkdown(String.raw`Um.  ${'\n'}\_\_\_\_  ${'\n'}Dois.`, known), 'Um.\n\n---\n\nDois.');
});

test('headings, tables, blanks in a form and single strokes are no rules', () => {
  for (const text of [
    'Seção\n-----\n\nUm.',
    'Seção\n=====\n\nUm.',
    '| a | b |\n| --- | --- |\n| c | d |',
    'Nome: ____________',
    '—',
    '- a\n- b',
  ]) {
    assert.equal(clean('Um.', text, 'Dois.'), `Um.\n\n${text}\n\nDois.`);
  }
});
