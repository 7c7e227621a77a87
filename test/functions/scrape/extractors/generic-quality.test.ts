import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching, scores, shownText } from '../../../bench/extract-quality.ts';

test('shingles count as often as they occur, and a text shorter than four words is one', () => {
  assert.deepEqual(matching('a b c d e', 'a b c d x'), { both: 1 / 3, onlyPredicted: 1 / 3, onlyTrue: 1 / 3 });
  assert.deepEqual(matching('a b c d a b c d', 'a b c d'), { both: 1 / 5, onlyPredicted: 0, onlyTrue: 4 / 5 });
  assert.deepEqual(matching('Olá, mundo!', 'Olá — mundo'), { both: 1, onlyPredicted: 0, onlyTrue: 0 });
  assert.deepEqual(matching('', ''), { both: 0, onlyPredicted: 0, onlyTrue: 0 });
});

test('averages leave out pages without a prediction for precision, and without a truth for recall', () => {
  const { precision, recall, f1 } = scores([
    matching('a b c d', 'a b c d'),
    matching('a b c d', ''),
    matching('', 'x y'),
  ]);
  assert.deepEqual([precision, recall, f1], [0.5, 0.5, 0.5]);
});

test('the text of Markdown is what a reader sees of it', () => {
  const markdown = [
    '## Um *título*',
    '> - item com [um _link_](https://a.example/b_c) e ![foto](https://a.example/f.jpg)fim',
    '12. R\\$ 1\\_000 e palavra**forte**mente snake_case',
  ].join('\n\n');
  assert.equal(
    shownText(markdown),
    ['Um título', 'item com um link e fim', 'R$ 1_000 e palavrafortemente snake_case'].join('\n\n'),
  );
});
