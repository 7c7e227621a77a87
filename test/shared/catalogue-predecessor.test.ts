import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalogue } from '../../shared/catalogue.ts';
import { unlocated, useFiles } from './catalogue-files.ts';

const { file } = useFiles();

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
