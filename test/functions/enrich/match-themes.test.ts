import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileThemes, type MatchableArticle } from '../../../functions/enrich/match-themes.ts';
import type { Theme } from '../../../shared/theme.ts';

function theme(code: string, label: string, keywords: string[] = [], description: string | null = null): Theme {
  const level = ((code.length + 1) / 3) as Theme['level'];
  const parentCode = level === 1 ? null : code.slice(0, -3);
  return { code, label, fullName: `${code} - ${label}`, level, parentCode, description, keywords };
}

const TAXONOMY = [
  theme('02', 'Educação', ['escola', 'professor', 'campanha'], 'Do berçário à universidade.'),
  theme('03', 'Saúde', ['hospital', 'campanha']),
  theme('03.01', 'Vigilância em Saúde', ['vacina', 'epidemia', 'campanha de vacinação']),
  theme('03.01.01', 'Imunização', ['vacina']),
  theme('03.01.02', 'Surtos', ['epidemia', 'dengue']),
  theme('03.02', 'Saúde Mental', ['psicólogo']),
  theme('05', 'Meio Ambiente e Sustentabilidade', ['floresta', 'campanha']),
  theme('18', 'Comunicações e Mídia', ['televisão', 'EBC', 'Agência Brasil']),
];
const match = compileThemes(TAXONOMY);
const article = (fields: Partial<MatchableArticle>): MatchableArticle => ({
  title: '',
  subtitle: null,
  editorialLead: null,
  category: null,
  tags: [],
  agencyKey: 'agencia_brasil',
  text: '',
  ...fields,
});
const level1 = (fields: Partial<MatchableArticle>) => match(article(fields)).level1;

test('finds a theme and the themes below it, by forms of its words', () => {
  assert.deepEqual(match(article({ title: 'Estados recebem VACINAS', text: 'A vacinação começa no hospital.' })), {
    level1: '03',
    level2: '03.01',
    level3: '03.01.01',
  });
});

test('stops at the level where nothing speaks any more', () => {
  assert.deepEqual(match(article({ title: 'Novo hospital é aberto' })), { level1: '03', level2: null, level3: null });
  const both = match(
    article({ title: 'Vacina contra dengue protege da epidemia', tags: ['vacina', 'epidemia', 'dengue'] }),
  );
  assert.deepEqual([both.level1, both.level2], ['03', '03.01']);
});

test('finds no theme where nothing speaks clearly', () => {
  assert.equal(level1({}), null);
  assert.equal(level1({ title: 'Lorem ipsum dolor sit amet' }), null);
  assert.equal(level1({ text: 'No fim do texto, alguém citou uma floresta.' }), null);
  assert.equal(level1({ title: 'Escola e floresta' }), null);
});

test('gives little to a word that many themes share', () => {
  assert.equal(level1({ title: 'Campanha, campanha e campanha', text: 'Uma floresta, a floresta.' }), '05');
});

test('trusts headline, tags and section more than the body', () => {
  assert.equal(level1({ title: 'A floresta', text: 'Uma escola.' }), '05');
  assert.equal(level1({ tags: ['floresta'], text: 'Uma escola.' }), '05');
  assert.equal(level1({ category: 'Meio ambiente', text: 'Uma escola.' }), '05');
});

test('reads phrases across function words, accents and hyphens', () => {
  assert.equal(level1({ title: 'Meio-ambiente em debate' }), '05');
  assert.equal(match(article({ title: 'Campanha da vacinação' })).level2, '03.01');
});

test('reads descriptions too', () => {
  const words = compileThemes([theme('02', 'Educação', [], 'Creches, berçários.'), theme('05', 'Ambiente')]);
  const { level1: code } = words(
    article({ title: 'Creche', tags: ['creche', 'berçário'], text: 'A creche e o berçário.' }),
  );
  assert.equal(code, null, 'a description alone is weak');
  assert.equal(words(article({ title: 'Educação na creche: o berçário', text: 'Ambiente.' })).level1, '02');
});

test('lets a publisher support a theme, but never decide, and newsrooms not even that', () => {
  assert.equal(level1({ agencyKey: 'saude' }), null);
  assert.equal(level1({ agencyKey: 'saude', title: 'Escola e hospital' }), '03');
  assert.equal(level1({ agencyKey: 'agencia_brasil', title: 'Escola e hospital' }), null);
  assert.equal(level1({ agencyKey: 'ebc', title: 'Um dia', text: 'Sobre nada.' }), null);
});

test('ignores words within addresses', () => {
  assert.equal(level1({ title: 'https://www.gov.br/saude/hospital/vacina', text: 'www.vacina.gov.br' }), null);
});

test('takes an empty taxonomy and one whose parents are missing or their own', () => {
  const nothing = { level1: null, level2: null, level3: null };
  assert.deepEqual(compileThemes([])(article({ title: 'Vacina' })), nothing);
  const orphan = { ...theme('09.01', 'Futebol', ['gol']), parentCode: '09' };
  const loop = { ...theme('07', 'Estradas', ['rodovia']), parentCode: '07' };
  assert.deepEqual(compileThemes([orphan, loop])(article({ title: 'Gol na rodovia' })), nothing);
});
