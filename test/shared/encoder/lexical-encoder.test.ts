import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLexicalEncoder } from '../../../shared/encoder/lexical-encoder.ts';
import { cosine, hostileTexts, isUnitVector } from './vectors.ts';

const encoder = createLexicalEncoder();

// Each subject is told twice in other words.
const subjects = [
  [
    'Ministério da Saúde amplia a vacinação contra a gripe para crianças de todo o país',
    'Postos de saúde vacinam crianças contra gripe a partir de segunda-feira',
  ],
  [
    'Obras de duplicação da rodovia avançam no litoral de Sergipe',
    'Governo entrega rodovia duplicada em Sergipe após dois anos de obra',
  ],
  [
    'Estudantes podem se inscrever no exame nacional até sexta-feira',
    'Inscrições de estudantes no exame nacional terminam nesta sexta',
  ],
  [
    'Safra de grãos bate recorde puxada pela soja e pelo milho',
    'Colheita da soja e do milho leva a produção de grãos a novo recorde',
  ],
  [
    'Polícia Federal apreende carga de madeira ilegal na Amazônia',
    'Operação na Amazônia resulta na apreensão de madeira extraída ilegalmente',
  ],
] as const;

test('the other text on the same subject is nearer than any text on another', async () => {
  const firsts = await encoder.encode(subjects.map(([first]) => first));
  const seconds = await encoder.encode(subjects.map(([, second]) => second));
  for (const [index, vector] of firsts.entries()) {
    const similarities = seconds.map((second) => cosine(vector, second));
    const related = similarities[index]!;
    const nearestUnrelated = Math.max(...similarities.filter((_, other) => other !== index));
    assert.ok(related > 0.2, `${subjects[index]![0]}: ${related}`);
    assert.ok(related > nearestUnrelated + 0.1, `${subjects[index]![0]}: ${related}, ${nearestUnrelated}`);
  }
});

test('case, accents and function words do not count', async () => {
  const [a, b] = await encoder.encode(['A Educação e a CIÊNCIA no país', 'educacao ciencia pais']);
  assert.ok(cosine(a!, b!) > 0.999);
});

test('inflected forms of a word are near each other, other words are not', async () => {
  const [singular, plural, other] = await encoder.encode(['universidade', 'universidades', 'ferrovia']);
  assert.ok(cosine(singular!, plural!) > 0.4);
  assert.ok(Math.abs(cosine(singular!, other!)) < 0.15);
});

test('a repeated word counts less than proportionally', async () => {
  const [once, often, both] = await encoder.encode([
    'vacina',
    'rodovia '.repeat(50),
    `vacina ${'rodovia '.repeat(50)}`,
  ]);
  assert.ok(cosine(both!, often!) > cosine(both!, once!));
  assert.ok(cosine(both!, once!) > 0.1);
});

test('invisible characters inside a word do not part it', async () => {
  const [plain, hidden] = await encoder.encode(['vacinação', 'va\u00adci\u200dna\ufeffção']);
  assert.deepEqual(hidden, plain);
});

test('of a word too long to be one only the beginning is compared by its parts', async () => {
  const beginning = 'abcdefghijklmnopqrstuvwxyz0123456789zyxwvutsrqponmlkjihgfedcba98';
  const [one, other] = await encoder.encode([beginning + 'sopa'.repeat(500), beginning + 'lago'.repeat(500)]);
  assert.equal(beginning.length, 64);
  assert.ok(cosine(one!, other!) > 0.8);
});

test('the vectors of this model name never change', async () => {
  const [vector] = await encoder.encode(['Agência anuncia novo calendário de pagamentos; calendário sai em março']);
  const rounded = [...vector!].map((value) => value.toFixed(4)).join(' ');
  assert.equal(encoder.model, 'lexical-hash-768-v1');
  assert.equal(createHash('sha256').update(rounded).digest('hex').slice(0, 16), 'bb21055ee9d11b34');
});

test('every text has a unit vector', async () => {
  const vectors = await encoder.encode(hostileTexts);
  assert.equal(vectors.length, hostileTexts.length);
  for (const [index, vector] of vectors.entries()) assert.ok(isUnitVector(vector), `text ${index}`);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
      const [vector] = await encoder.encode([text]);
      return isUnitVector(vector!);
    }),
  );
});

test('no texts give no vectors', async () => {
  assert.deepEqual(await encoder.encode([]), []);
});
