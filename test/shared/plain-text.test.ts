import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textBlocks } from '../../shared/plain-text.ts';

test('takes Markdown apart into headings, prose, list items and table rows', () => {
  const markdown = [
    '# Título',
    'Linha um',
    'continua **aqui**.',
    '',
    'Subtítulo',
    '---------',
    '> Citação _leve_.',
    '',
    '- item *um*',
    '- item dois',
    '',
    '***',
    '1. primeiro',
    '',
    '| a | b |',
    '| --- | :-: |',
    'Fim.  ',
    'Depois da quebra.',
  ].join('\r\n');
  assert.deepEqual(
    textBlocks(markdown).map(({ kind, text }) => `${kind}: ${text}`),
    [
      'heading: Título',
      'prose: Linha um continua aqui.',
      'heading: Subtítulo',
      'prose: Citação leve.',
      'list: item um',
      'list: item dois',
      'list: primeiro',
      'table: a b',
      'prose: Fim.',
      'prose: Depois da quebra.',
    ],
  );
});

test('keeps the text of links and drops images, targets and tags', () => {
  const markdown =
    'Veja o [edital](https://www.gov.br/a_(b) "Edital") <b>já</b>.![foto](x.jpg "Foto (1)") ' +
    '[![logo](l.png)](https://x) <https://www.gov.br/snake_case_url> 2 < 3';
  assert.deepEqual(textBlocks(markdown), [
    { kind: 'prose', text: 'Veja o edital já. https://www.gov.br/snake_case_url 2 < 3' },
  ]);
});

test('gives escaped characters back', () => {
  assert.deepEqual(textBlocks('2 \\* 3 = 6 \\[sic\\](não é link)'), [
    { kind: 'prose', text: '2 * 3 = 6 [sic](não é link)' },
  ]);
});

test('has no blocks for a text of white space, rules and images', () => {
  assert.deepEqual(textBlocks(''), []);
  assert.deepEqual(textBlocks(' \n\n---\n\n![](a.png)\n```\n```\n'), []);
});
