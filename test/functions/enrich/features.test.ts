import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFeatures } from '../../../functions/enrich/features.ts';
import { textBlocks } from '../../../shared/plain-text.ts';

const features = (content: string) => textFeatures(textBlocks(content));

test('counts words outside link targets and images', () => {
  assert.equal(
    features('O [novo edital](https://www.gov.br/a/b) saiu.\n\n![foto da capa](x.png)\n\n| a | b |').word_count,
    6,
  );
});

test('computes the Portuguese Flesch score by its formula', () => {
  // 2 sentences, 7 words, 11 syllables: o-ga-to-dor-me, e-le-so-nha-com-pão.
  assert.equal(features('O gato dorme. Ele sonha com pão.').readability_flesch, 112.3);
});

test('finds plain language easier than officialese', () => {
  const plain = features('A escola abre hoje. O aluno pode vir cedo. Tem pão e leite.').readability_flesch!;
  const dense = features(
    'A operacionalização das regulamentações interministeriais complementares condiciona-se à homologação institucional.',
  ).readability_flesch!;
  assert.ok(plain > 80 && dense < 10, `${plain} ${dense}`);
});

test('has no readability without words', () => {
  assert.deepEqual(features(''), { word_count: 0, readability_flesch: null });
  assert.deepEqual(features('2025 10 3'), { word_count: 3, readability_flesch: null });
});
