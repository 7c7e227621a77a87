import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold } from '../../../functions/enrich/portuguese.ts';
import { stem, termStems } from '../../../functions/enrich/stem.ts';

const stems = (words: string) => new Set(words.split(' ').map((word) => stem(fold(word))));

test('brings forms of one word together', () => {
  for (const family of [
    'vacina vacinas vacinar vacinação vacinações vacinado',
    'educação educar educacional educacionais',
    'indústria indústrias industrial industriais industrialização',
    'ambiente ambiental ambientais',
    'município municipal municipais',
    'trabalho trabalhador trabalhadoras',
    'sustentável sustentáveis',
    'imagem imagens',
    'mulher mulheres',
    'hotel hotéis',
    'lei leis',
  ]) {
    assert.equal(stems(family).size, 1, family);
  }
});

test('keeps apart what only looks alike', () => {
  for (const pair of [
    'importação importante',
    'porto portaria',
    'animal animação',
    'segurança seguro',
    'saúde saudade',
  ]) {
    assert.equal(stems(pair).size, 2, pair);
  }
});

test('leaves acronyms, figures and short words as they are', () => {
  assert.deepEqual(['sus', '2025', '5g', 'mar', 'gas'].map(stem), ['sus', '2025', '5g', 'mar', 'gas']);
});

test('reads the words of a text that carry meaning and no addresses', () => {
  const text = 'A saúde do trabalhador: veja em https://saude.gov.br/x ou fale@saude.gov.br';
  assert.deepEqual(termStems(text), ['saud', 'trabalh', 'vej']);
  assert.deepEqual(termStems('de que para'), []);
});
