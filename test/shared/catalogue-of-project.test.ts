import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalogue } from '../../shared/catalogue.ts';

describe('the catalogue of the project', () => {
  test('names agencies whose parents stand in it and whose listings are free of a year', async () => {
    const { agencies, sources, notes } = await readCatalogue();
    assert.deepEqual(notes, []);
    const keys = new Set(agencies.map(({ key }) => key));
    assert.deepEqual(
      agencies.filter(({ parentKey }) => parentKey !== null && !keys.has(parentKey)),
      [],
    );
    assert.ok(agencies.filter(({ type }) => type === 'Ministério').length >= 31);
    assert.ok(sources.length >= 90);
    const hosts = new Set(sources.map(({ url }) => new URL(url).hostname));
    assert.deepEqual([...hosts].sort(), ['agenciabrasil.ebc.com.br', 'tvbrasil.ebc.com.br', 'www.gov.br']);
  });

  test('keeps the labels of the 25 first-level themes that stored news refer to', async () => {
    const { themes } = await readCatalogue();
    assert.deepEqual(
      themes.filter(({ level }) => level === 1).map(({ fullName }) => fullName),
      [
        '01 - Economia e Finanças',
        '02 - Educação',
        '03 - Saúde',
        '04 - Segurança Pública',
        '05 - Meio Ambiente e Sustentabilidade',
        '06 - Ciência, Tecnologia e Inovação',
        '07 - Infraestrutura e Transportes',
        '08 - Cultura, Artes e Patrimônio',
        '09 - Esportes e Lazer',
        '10 - Agricultura, Pecuária e Abastecimento',
        '11 - Indústria e Comércio',
        '12 - Relações Internacionais e Diplomacia',
        '13 - Justiça e Direitos Humanos',
        '14 - Trabalho e Emprego',
        '15 - Desenvolvimento Social',
        '16 - Turismo',
        '17 - Energia e Recursos Minerais',
        '18 - Comunicações e Mídia',
        '19 - Defesa e Forças Armadas',
        '20 - Políticas Públicas e Governança',
        '21 - Legislação e Regulamentação',
        '22 - Eventos Oficiais e Cerimônias',
        '23 - Estatísticas e Dados Públicos',
        '24 - Minorias e Grupos Especiais',
        '25 - Habitação e Urbanismo',
      ],
    );
  });

  test('gives every theme a description and words of its own', async () => {
    const { themes } = await readCatalogue();
    const rootsByWord = new Map<string, Set<string>>();
    for (const { code, description, keywords } of themes) {
      assert.ok(description, code);
      assert.ok(keywords.length >= 10, `${code} has ${keywords.length} keywords`);
      for (const keyword of keywords) {
        const word = keyword.toLowerCase();
        rootsByWord.set(word, (rootsByWord.get(word) ?? new Set()).add(code.slice(0, 2)));
      }
    }
    // A word that speaks for two themes speaks for neither.
    const shared = [...rootsByWord].filter(([, roots]) => roots.size > 1);
    assert.deepEqual(shared, []);
  });
});
