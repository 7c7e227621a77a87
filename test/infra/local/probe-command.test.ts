import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProbeReport } from '../../../infra/local/probe-source.ts';
import { SAMPLE_SOURCES } from '../../stand-ins/sites/sources.ts';

const bin = fileURLToPath(new URL('../../../infra/local/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'probe-'));
after(() => rmSync(folder, { recursive: true }));

function probe(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'sources', 'probe', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: folder },
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

const sample = ['--source', 'sample', '--articles', '40'];

test('every source of the sample site is probed for what it is, without a database', () => {
  for (const { listingUrl, layout, agencyKey } of [SAMPLE_SOURCES[0]!, ...SAMPLE_SOURCES.slice(-4)]) {
    const { status, stdout, stderr } = probe(listingUrl, ...sample, '--json');
    assert.equal(status, 0, stderr);
    const report = JSON.parse(stdout) as ProbeReport;
    const platform = ['volto', 'agencia-brasil', 'tv-brasil'].find((name) => name === layout) ?? 'classic';
    assert.deepEqual([report.platform, report.source, report.agency_key], [platform, 'sample', agencyKey]);
    assert.ok(report.listing!.item_count > 0);
    assert.equal(report.articles.length, Math.min(3, report.listing!.item_count), listingUrl);
    assert.equal(report.add, `destaques sources add ${listingUrl} --agency ${agencyKey}`);
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('people read the same, and where work is on the other output', () => {
  const [{ listingUrl }] = SAMPLE_SOURCES as [(typeof SAMPLE_SOURCES)[number]];
  const { status, stdout, stderr } = probe(listingUrl, ...sample);
  assert.equal(status, 0);
  assert.match(stdout, /^classic: https:.*\nread from the sample site/);
  assert.match(stdout, /^tried as classic: \d+ items\n {2}https:.*\n {2}status 200, .*\n {2}looks like classic \(gen/m);
  assert.match(stdout, /^article 3 of 3: as it would be stored/m);
  assert.match(stdout, /\ndestaques sources add https:.* --agency mec\n$/);
  assert.match(stderr, /^Probing .* only this process keeps the intervals\nclassic: https:/);
});

test('a listing that cannot be read ends with 1, and says of an unknown agency that it is one', () => {
  const { status, stdout, stderr } = probe('https://www.gov.br/orgao-novo/pt-br/noticias', ...sample, '--json');
  const report = JSON.parse(stdout) as ProbeReport;
  assert.equal(status, 1);
  assert.equal(report.failure?.category, 'url_broken');
  assert.equal(report.attempts[0]?.status, 404);
  assert.deepEqual([report.agency_key, report.is_agency_known], ['orgao_novo', false]);
  assert.match(report.notes.join(), /agency orgao_novo is not in the catalogue/);
  assert.match(stderr, /\nerror: url_broken: the page leads to no page: status 404\n$/);
});

test('the host that is named may be asked, but no private address', () => {
  for (const host of ['127.0.0.1', '[::1]', 'localhost', '2130706433']) {
    const { status, stdout } = probe(`https://${host}/noticias`, '--source', 'live', '--json');
    const { failure } = JSON.parse(stdout) as ProbeReport;
    assert.equal(status, 1, host);
    assert.match(failure!.reason, /is not a public address/, host);
  }
});

test('the line that adds a source has what it was probed with', () => {
  const agent = "Mozilla/5.0 (it's us)";
  const [{ listingUrl }] = SAMPLE_SOURCES as [(typeof SAMPLE_SOURCES)[number]];
  const { stdout } = probe(listingUrl, ...sample, '--agency', 'saude', '--platform', 'classic', '--user-agent', agent);
  const added = stdout.trimEnd().split('\n').at(-1)!;
  assert.ok(added.endsWith(`--agency saude --platform classic --user-agent 'Mozilla/5.0 (it'\\''s us)'`), added);
});

const wrongCalls: [name: string, args: string[], pattern: RegExp][] = [
  ['no address', [], /missing required argument 'url'/],
  ['an address that is not https', ['http://www.gov.br/mec'], /must be an https address/],
  ['an address with a query', ['https://www.gov.br/mec?x=1'], /must have neither a query nor a fragment/],
  ['an address with a port', ['https://www.gov.br:8443/mec'], /must have neither credentials nor a port/],
  ['no address at all', ['mec'], /must be an https address/],
  ['an unknown engine', ['https://www.gov.br/mec', '--platform', 'plone'], /choices are classic, volto/],
];
for (const [name, args, pattern] of wrongCalls) {
  test(`${name} ends with 2 and one line`, () => {
    const { status, stdout, stderr } = probe(...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.equal(stderr.replace('(add --help for help)\n', '').trim().split('\n').length, 1, stderr);
  });
}
