import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readCatalogue } from '../../shared/catalogue.ts';
import { PermanentError } from '../../shared/errors.ts';
import { useFiles } from './catalogue-files.ts';

const { folder, file } = useFiles();

async function refusal(...files: [name: string, content: string | Uint8Array][]): Promise<string> {
  const paths = await Promise.all(files.map(([name, content]) => file(name, content)));
  const error: unknown = await readCatalogue(paths).then(
    () => assert.fail('was read'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PermanentError, String(error));
  return error.message.replaceAll(`${folder()}/`, '');
}

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
    await assert.rejects(readCatalogue(join(folder(), 'none.yaml')), /none\.yaml cannot be read \(Error: ENOENT/);
    const empty = await mkdtemp(join(folder(), 'empty-'));
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
    assert.equal((await readCatalogue([name, `${folder()}/./once.yaml`])).agencies.length, 1);
  });
});
