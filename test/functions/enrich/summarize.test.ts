import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { summarize } from '../../../functions/enrich/summarize.ts';
import { textBlocks } from '../../../shared/plain-text.ts';

const TITLE = 'Obras da ponte de Rio Claro recebem R$ 1,5 milhão';
const LEAD = 'O governo liberou nesta quinta-feira R$ 1,5 milhão para as obras da ponte de Rio Claro.';
const SECOND =
  'A ponte liga dois bairros e terá [ciclovia](https://example.gov.br/x.y), conforme o art. 5º do edital nº 3.';
const FAR = 'O município foi fundado por tropeiros há mais de duzentos anos e produz café.';
const CONTENT = [
  `## ${TITLE}`,
  `![A ponte vista de cima.](ponte.jpg)`,
  `**${LEAD}** ${SECOND}`,
  'Foto: Fulano de Tal.',
  '- Prazo: doze meses de trabalho contados da assinatura do contrato.',
  ...Array.from({ length: 8 }, (_, index) => `${FAR.slice(0, -1)} número ${index}.`),
].join('\n\n');

const summary = (content: string, title = TITLE) => summarize(title, textBlocks(content));

test('chooses whole sentences of the text in their order', () => {
  const text = summary(CONTENT) ?? '';
  assert.ok(
    text?.startsWith(`${LEAD} A ponte liga dois bairros e terá ciclovia, conforme o art. 5º do edital nº 3.`),
    text!,
  );
  assert.ok(!text.includes('Foto:'));
});

test('says nothing twice', () => {
  const text = summary(`${LEAD}\n\n${LEAD}\n\n${SECOND}`)!;
  assert.equal(text.split('nesta quinta-feira').length, 2);
});

test('does not repeat the title', () => {
  assert.equal(summary(`${TITLE}.\n\n${LEAD}`), LEAD);
});

test('prefers a sentence that stands alone to one that leans on another', () => {
  const filler = 'O trecho novo tem cem metros de extensão e duas faixas de rolamento.';
  const leaning = 'Além disso, o trecho novo tem cem metros de extensão e duas faixas.';
  const long = `${LEAD} ${'A ponte de Rio Claro receberá obras de reforço em toda a sua estrutura metálica '.repeat(4).trim()}.`;
  const text = summary(`${long} ${leaning} ${filler}`)!;
  assert.ok(text.includes(filler) && !text.includes(leaning), text);
});

test('is null without text', () => {
  for (const content of ['', ' \n ', '![x](y.png)', '# Só título', '...'])
    assert.equal(summary(content), null, content);
});

test('falls back to what there is when no sentence is complete', () => {
  assert.equal(summary('Inscrições abertas até sexta'), 'Inscrições abertas até sexta');
  assert.equal(summary('- Vagas para a ponte\n- Prazo de entrega'), 'Vagas para a ponte Prazo de entrega');
});

test('cuts a single sentence that is too long at the end of a word', () => {
  const text = summary(`${'palavra longa '.repeat(100).trim()}.`)!;
  assert.ok(text.length <= 500 && text.endsWith('a…'), text);
  assert.equal(summary('x'.repeat(900))?.length, 500);
});

test('is at most 500 characters, made of the text, and the same each time', () => {
  const word = fc.constantFrom(
    'O',
    'ministério',
    'Saúde',
    'art.',
    'nº',
    '3.',
    'R$',
    '1,5',
    'milhão.',
    'fim!',
    '\n\n',
    '“Sim”',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 400 }), (parts) => {
      const content = parts.join(' ');
      const text = summary(content);
      assert.equal(text, summary(content));
      assert.ok(text === null || (text.length > 0 && text.length <= 500));
    }),
  );
});
