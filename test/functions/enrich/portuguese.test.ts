import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countSyllables, fold, sentences, words } from '../../../functions/enrich/portuguese.ts';

test('folds case and accents, composed or not', () => {
  assert.equal(fold('AÇÃO à nº 5ª'), 'acao a no 5a');
  assert.equal(fold('ação'.normalize('NFD')), 'acao');
});

test('takes compounds, figures and addresses as one word each', () => {
  assert.deepEqual(words('O guarda-chuva custou R$ 1.500,50 em www.gov.br/loja?a=1 (hoje)'), [
    'O',
    'guarda-chuva',
    'custou',
    'R',
    '1.500',
    '50',
    'em',
    'www.gov.br/loja?a=1',
    'hoje',
  ]);
  assert.deepEqual(words(''), []);
});

test('splits sentences only where one ends', () => {
  const paragraphs: string[][] = [
    ['O investimento é de R$ 1,5 milhão.', 'As obras começam em maio.'],
    ['O Dr. Paulo e a Profa. Ana assinaram o acordo.', 'A Sra. Lima também.'],
    ['Segundo o art. 5º da Constituição, todos são iguais.', 'É a regra.'],
    ['O prazo consta do Decreto nº 3.', 'Ele vence em junho.'],
    ['A Lei nº. 8.080 e o art. 12 valem.', 'Veja o inc. II.'],
    ['A inscrição é feita em www.gov.br/mec.', 'O endereço é https://example.gov.br/a.b?c=1.', 'Não muda.'],
    ['J. K. Rowling não veio.', 'Quem veio?', 'Ninguém!'],
    ['“Vamos vencer!”, disse o ministro.', '“É agora.”', 'A plateia aplaudiu...', 'E saiu.'],
    ['A sessão começa às 14h.', '20 pessoas falam.'],
    ['Livros, mapas etc. serão doados.', 'Haverá jornais, revistas etc.', 'Todos ganham.'],
    ['A Petrobras S.A. anunciou lucro.', 'O mercado reagiu.'],
    ['2. Inscrições até sexta.', 'Não há taxa.'],
    ['O texto diz que não.', 'A regra muda no. 7 da lista.'],
  ];
  for (const expected of paragraphs) assert.deepEqual(sentences(expected.join(' ')), expected);
});

test('loses no character but white space between sentences', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'B', '.', '!', ' ', '”', '5', 'art', 'Dr', '\n')), (parts) => {
      const text = parts.join('');
      assert.equal(sentences(text).join('').replace(/\s/g, ''), text.replace(/\s/g, ''));
    }),
  );
});

test('counts the syllables of diphthongs, hiatuses and rising endings', () => {
  const counts = {
    saúde: 3,
    país: 2,
    pais: 1,
    economia: 5,
    ciência: 3,
    educação: 4,
    água: 2,
    que: 1,
    guerra: 2,
    teatro: 3,
    rainha: 3,
    ruim: 2,
    juiz: 2,
    história: 3,
    mães: 1,
    ações: 2,
    quando: 2,
    série: 2,
    muito: 2,
    coordenadora: 6,
    linguiça: 3,
    voo: 2,
    raízes: 3,
    praia: 2,
    'guarda-chuva': 4,
    FAMÍLIAS: 3,
    hm: 1,
  };
  for (const [word, count] of Object.entries(counts)) assert.equal(countSyllables(word), count, word);
});
