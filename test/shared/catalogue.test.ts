import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalogue } from '../../shared/catalogue.ts';
import { unlocated, useFiles } from './catalogue-files.ts';

const { folder, file } = useFiles();

describe('our own format', () => {
  test('gives agencies with their sources and the lines they stand in', async () => {
    const name = await file(
      'own.yaml',
      `agencies:
  - key: mec
    name:   Ministério da
      Educação
    type: Ministério
    parent: presidencia
    url: https://www.gov.br/mec/pt-br
    sources:
      - url: https://www.gov.br/mec/pt-br/assuntos/noticias/
      - url: https://www.gov.br/mec/pt-br/outras
        platform: volto
        active: false
  - key: agencia_brasil
    name: Agência Brasil
    sources:
      - url: https://agenciabrasil.ebc.com.br/ultimas
  - key: ibge
    name: IBGE
    sources:
`,
    );
    const { agencies, sources, themes, notes } = await readCatalogue(name);
    assert.deepEqual(agencies[0], {
      key: 'mec',
      name: 'Ministério da Educação',
      type: 'Ministério',
      parentKey: 'presidencia',
      url: 'https://www.gov.br/mec/pt-br',
      origin: `${name}:2`,
    });
    assert.deepEqual(
      agencies.slice(1).map(({ key, type, parentKey, url }) => [key, type, parentKey, url]),
      [
        ['agencia_brasil', null, null, null],
        ['ibge', null, null, null],
      ],
    );
    const rest = { disabledReason: null, disabledAt: null };
    assert.deepEqual(sources, [
      {
        agencyKey: 'mec',
        url: 'https://www.gov.br/mec/pt-br/assuntos/noticias',
        platform: null,
        isActive: null,
        ...rest,
        origin: `${name}:9`,
      },
      {
        agencyKey: 'mec',
        url: 'https://www.gov.br/mec/pt-br/outras',
        platform: 'volto',
        isActive: false,
        ...rest,
        origin: `${name}:10`,
      },
      {
        agencyKey: 'agencia_brasil',
        url: 'https://agenciabrasil.ebc.com.br/ultimas',
        platform: 'agencia-brasil',
        isActive: null,
        ...rest,
        origin: `${name}:16`,
      },
    ]);
    assert.deepEqual([themes, notes], [[], []]);
  });

  test('gives the themes of a tree, each after the one it stands under', async () => {
    const name = await file(
      'themes.yaml',
      `themes:
  - code: "03"
    label: Saúde
    keywords: [SUS, vacina , SUS]
    children:
      - code: 03.10
        label: Vacinação
        description: Doses e campanhas.
  - {code: "04", label: Segurança Pública, children: }
`,
    );
    const { themes } = await readCatalogue(name);
    assert.deepEqual(themes.map(unlocated), [
      {
        code: '03',
        label: 'Saúde',
        fullName: '03 - Saúde',
        level: 1,
        parentCode: null,
        description: null,
        keywords: ['SUS', 'vacina'],
      },
      {
        code: '03.10',
        label: 'Vacinação',
        fullName: '03.10 - Vacinação',
        level: 2,
        parentCode: '03',
        description: 'Doses e campanhas.',
        keywords: [],
      },
      {
        code: '04',
        label: 'Segurança Pública',
        fullName: '04 - Segurança Pública',
        level: 1,
        parentCode: null,
        description: null,
        keywords: [],
      },
    ]);
  });

  test('composes accents, so that one label has one spelling', async () => {
    const { themes } = await readCatalogue(
      await file('nfd.yaml', `themes: [{code: "02", label: ${'Educação'.normalize('NFD')}}]`),
    );
    assert.equal(themes[0]?.label, 'Educação'.normalize('NFC'));
  });

  test('reads a file that starts with a byte order mark, an empty file and one of comments only', async () => {
    const { themes, notes } = await readCatalogue([
      await file('bom.yaml', '\uFEFFthemes: [{code: "02", label: Educação}]'),
      await file('empty.yaml', ''),
      await file('comment.yaml', '# nothing yet\n'),
    ]);
    assert.equal(themes.length, 1);
    assert.deepEqual(notes, [`${folder()}/empty.yaml is empty`, `${folder()}/comment.yaml is empty`]);
  });
});
