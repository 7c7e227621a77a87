import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readCatalogue } from '../../shared/catalogue.ts';
import { PermanentError } from '../../shared/errors.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'catalogue-'));
});
after(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const target = path.join(folder, name);
  await writeFile(target, content);
  return target;
}

async function refusal(...files: [name: string, content: string | Uint8Array][]): Promise<string> {
  const paths = await Promise.all(files.map(([name, content]) => file(name, content)));
  const error: unknown = await readCatalogue(paths).then(
    () => assert.fail('was read'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PermanentError, String(error));
  return error.message.replaceAll(`${folder}/`, '');
}

const unlocated = <T extends { origin: string }>({ origin: _, ...entry }: T) => entry;

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
    assert.deepEqual(notes, [`${folder}/empty.yaml is empty`, `${folder}/comment.yaml is empty`]);
  });
});

describe("the predecessor's files", () => {
  test('agencies.yaml gives agencies, sources of fields that nobody reads aside', async () => {
    const name = await file(
      'agencies.yaml',
      `sources:
  presidencia: {name: Presidência da República, parent: null}
  mec:
    name: Ministério da Educação
    parent: presidencia
    type: Ministério
    url: http://www.gov.br/mec
    acronym: MEC
`,
    );
    const { agencies, sources } = await readCatalogue(name);
    assert.deepEqual(agencies.map(unlocated), [
      { key: 'presidencia', name: 'Presidência da República', type: null, parentKey: null, url: null },
      {
        key: 'mec',
        name: 'Ministério da Educação',
        type: 'Ministério',
        parentKey: 'presidencia',
        url: 'http://www.gov.br/mec',
      },
    ]);
    assert.deepEqual(sources, []);
  });

  test('site_urls.yaml gives sources with platform and the day they were disabled', async () => {
    const name = await file(
      'site_urls.yaml',
      `agencies:
  anvisa: {url: https://www.gov.br/anvisa/n/, active: true, scraper_type: plone6_api}
  dnit: {url: [https://www.gov.br/dnit/a, https://www.gov.br/dnit/b], active: True, scraper_type: html}
  tvbrasil: {url: https://tvbrasil.ebc.com.br/ultimas, scraper_type: html}
  siscomex:
    url: https://www.gov.br/siscomex/n
    active: false
    disabled_reason: "URL retorna 404"
    disabled_date: 2025-01-15
`,
    );
    const { sources } = await readCatalogue(name);
    const on = { isActive: true, disabledReason: null, disabledAt: null };
    assert.deepEqual(sources.map(unlocated), [
      { agencyKey: 'anvisa', url: 'https://www.gov.br/anvisa/n', platform: 'volto', ...on },
      { agencyKey: 'dnit', url: 'https://www.gov.br/dnit/a', platform: 'classic', ...on },
      { agencyKey: 'dnit', url: 'https://www.gov.br/dnit/b', platform: 'classic', ...on },
      {
        agencyKey: 'tvbrasil',
        url: 'https://tvbrasil.ebc.com.br/ultimas',
        platform: 'tv-brasil',
        ...on,
        isActive: null,
      },
      {
        agencyKey: 'siscomex',
        url: 'https://www.gov.br/siscomex/n',
        platform: null,
        isActive: false,
        disabledReason: 'URL retorna 404',
        disabledAt: new Date('2025-01-15T03:00:00Z'),
      },
    ]);
  });

  test('disabled entries that share an address with another are left out and noted', async () => {
    const name = await file(
      'shared.yaml',
      `agencies:
  cisc: {url: https://www.gov.br/pt-br/noticias, active: false}
  mec: {url: https://www.gov.br/pt-br/noticias/, active: true}
  investidor: {url: https://www.gov.br/pt-br/noticias, active: no}
`,
    );
    const { sources, notes } = await readCatalogue(name);
    assert.deepEqual(
      sources.map(({ agencyKey }) => agencyKey),
      ['mec'],
    );
    assert.deepEqual(notes, [
      `${name}:2 cisc is disabled and shares https://www.gov.br/pt-br/noticias with mec: left out`,
      `${name}:4 investidor is disabled and shares https://www.gov.br/pt-br/noticias with mec: left out`,
    ]);
  });

  test('a listing of one year is read and noted', async () => {
    const name = await file('year.yaml', 'agencies: {ibama: {url: https://www.gov.br/ibama/noticias/2025}}');
    const { sources, notes } = await readCatalogue(name);
    assert.equal(sources.length, 1);
    assert.match(notes.join(), /year\.yaml:1 .*2025 holds a year/);
  });

  test('themes_tree.yaml gives three levels with their labels', async () => {
    const name = await file(
      'themes_tree.yaml',
      `"01 - Economia e Finanças":
  "01.01 - Política Econômica":
    - "01.01.01 - Política Fiscal"
    - "01.01.10 - Contas – e Orçamento"
  "01.02 - Bancos":
"02 - Educação":
  - "02.01 - Ensino Básico"
`,
    );
    const { themes } = await readCatalogue(name);
    assert.deepEqual(
      themes.map(({ fullName, level, parentCode, origin }) => [fullName, level, parentCode, origin.slice(name.length)]),
      [
        ['01 - Economia e Finanças', 1, null, ':1'],
        ['01.01 - Política Econômica', 2, '01', ':2'],
        ['01.01.01 - Política Fiscal', 3, '01.01', ':3'],
        ['01.01.10 - Contas – e Orçamento', 3, '01.01', ':4'],
        ['01.02 - Bancos', 2, '01', ':5'],
        ['02 - Educação', 1, null, ':6'],
        ['02.01 - Ensino Básico', 2, '02', ':7'],
      ],
    );
  });
});

describe('an error names file, line and entry', () => {
  const cases: [title: string, content: string | Uint8Array, message: RegExp][] = [
    ['broken YAML', 'agencies:\n  - key: "mec\n', /^x\.yaml:\d+ Missing closing/],
    [
      'a file that is not UTF-8',
      Buffer.from('themes: [{code: "02", label: Educação}]', 'latin1'),
      /^x\.yaml is not YAML in UTF-8/,
    ],
    [
      'aliases that multiply',
      `a: &a [${'1,'.repeat(9)}]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]`,
      /^x\.yaml is not YAML in UTF-8 .*alias/,
    ],
    ['a file without sections', '- mec\n', /^x\.yaml is not a catalogue/],
    ['an unknown section', 'version: 1\n\nagency:\n', /^x\.yaml:1 unknown section "version"/],
    [
      'a misspelt field of ours',
      'agencies:\n  - key: mec\n    name: A\n    parents: x\n',
      /^x\.yaml:2 agencies\.0: holds "parents", which is not known here$/,
    ],
    [
      'an agency without a name',
      'sources:\n  a: {name: A}\n  mec:\n    type: x\n',
      /^x\.yaml:3 sources\.mec\.name: is missing$/,
    ],
    ['an empty name', 'sources:\n  mec:\n    name: " "\n', /^x\.yaml:3 sources\.mec\.name: is empty/],
    [
      'a name that Postgres cannot store',
      'sources:\n  mec: {name: "a\\0b"}\n',
      /^x\.yaml:2 sources\.mec\.name: holds a control character/,
    ],
    [
      'a key that is no path segment',
      'sources:\n  ../mec: {name: A}\n',
      /^x\.yaml:2 sources\.\.\.\/mec: must be a key such as/,
    ],
    [
      'a listing over http',
      'agencies:\n  mec:\n    url: http://www.gov.br/mec\n',
      /^x\.yaml:3 agencies\.mec\.url\.0: must be an https address/,
    ],
    [
      'a listing with paging',
      'agencies:\n  mec:\n    url: https://www.gov.br/mec?b_start:int=0\n',
      /^x\.yaml:3 agencies\.mec\.url\.0: must have neither a query/,
    ],
    [
      'a listing with a password',
      'agencies:\n  mec:\n    url: https://a:b@www.gov.br/mec\n',
      /^x\.yaml:3 .*must have neither credentials/,
    ],
    [
      'an agency without an address',
      'agencies:\n  mec: {active: true}\n',
      /^x\.yaml:2 agencies\.mec\.url\.0: must be an https address/,
    ],
    [
      'a flag that is neither true nor false',
      'agencies:\n  mec:\n    url: https://a.gov.br\n    active: maybe\n',
      /^x\.yaml:4 agencies\.mec\.active: must be true or false/,
    ],
    [
      'a day that no calendar has',
      'agencies:\n  mec:\n    url: https://a.gov.br\n    disabled_date: 2025-02-30\n',
      /^x\.yaml:4 agencies\.mec\.disabled_date: /,
    ],
    ['a key twice in one file', 'sources:\n  mec: {name: A}\n  mec: {name: B}\n', /^x\.yaml:3 Map keys must be unique/],
    [
      'an agency twice in a list',
      'agencies:\n  - {key: mec, name: A}\n  - {key: mec, name: B}\n',
      /^x\.yaml:3 agency mec stands already in x\.yaml:2$/,
    ],
    [
      'an address twice',
      'agencies:\n  a: {url: https://www.gov.br/n}\n  b: {url: https://www.gov.br/n/}\n',
      /^x\.yaml:3 address https:\/\/www\.gov\.br\/n stands already in x\.yaml:2$/,
    ],
    [
      'a theme twice',
      'themes:\n  - {code: "02", label: A}\n  - {code: "02", label: B}\n',
      /^x\.yaml:3 theme 02 stands already in x\.yaml:2$/,
    ],
    [
      'a child under the wrong theme',
      'themes:\n  - code: "02"\n    label: A\n    children:\n      - {code: "03.01", label: B}\n',
      /^x\.yaml:5 theme 03\.01 does not extend 02/,
    ],
    [
      'a second level at the top',
      'themes: [{code: "02.01", label: A}]',
      /^x\.yaml:1 theme 02\.01 does not extend nothing/,
    ],
    [
      'a level left out',
      'themes: [{code: "02", label: A, children: [{code: "02.01.01", label: B}]}]',
      /theme 02\.01\.01 does not extend 02/,
    ],
    [
      'a fourth level',
      '"02 - A":\n  "02.01 - B":\n    "02.01.01 - C":\n      - "02.01.01.01 - D"\n',
      /^x\.yaml:4 theme code "02\.01\.01\.01" is not/,
    ],
    ['a code of one digit', 'themes: [{code: 2, label: A}]', /theme code "2" is not NN/],
    ['a heading without a label', '"02 - A":\n  - "02.01"\n', /^x\.yaml:2 "02\.01" is not "01 - Label"/],
  ];
  for (const [title, content, message] of cases) {
    test(title, async () => assert.match(await refusal(['x.yaml', content]), message));
  }

  test('an agency twice in two files', async () => {
    const message = await refusal(
      ['a.yaml', 'sources: {mec: {name: A}}'],
      ['b.yaml', 'agencies: [{key: mec, name: A}]'],
    );
    assert.equal(message, 'b.yaml:1 agency mec stands already in a.yaml:1');
  });

  test('a missing file and a folder without YAML', async () => {
    await assert.rejects(readCatalogue(path.join(folder, 'none.yaml')), /none\.yaml cannot be read \(Error: ENOENT/);
    const empty = await mkdtemp(path.join(folder, 'empty-'));
    await assert.rejects(readCatalogue(empty), { name: 'PermanentError', message: `${empty} holds no YAML file` });
  });

  test('files without any entry', async () => {
    for (const content of ['', '# nothing yet\n', 'agencies:\nthemes: []\n']) {
      assert.equal(await refusal(['x.yaml', content]), 'x.yaml holds no agency, source or theme');
    }
    assert.equal(await refusal(['x.yaml', ''], ['y.yaml', '']), 'x.yaml, y.yaml holds no agency, source or theme');
  });

  test('the same file named twice is read once', async () => {
    const name = await file('once.yaml', 'sources: {mec: {name: A}}');
    assert.equal((await readCatalogue([name, `${folder}/./once.yaml`])).agencies.length, 1);
  });
});

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
