import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectPage } from '../../../../functions/scrape/read/detect-page.ts';
import type { Platform } from '../../../../shared/platform.ts';
import { answer } from '../../../stand-ins/sites/reading.ts';
import { SAMPLE_SOURCES } from '../../../stand-ins/sites/sources.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../../support/cpu-time.ts';

const url = 'https://www.gov.br/orgao/pt-br/noticias/x';

function detect(body: string, { contentType = 'text/html', at = url } = {}) {
  return detectPage({ url: at, contentType, body });
}

const CLASSIC_GENERATOR = '<meta name="generator" content="Plone - http://plone.org" />';
const VOLTO_GENERATOR = '<meta name="generator" content="Plone 6 - https://plone.org" />';
const HEADLINE = '<h1 class="documentFirstHeading">Título</h1>';

const cases: [name: string, body: string, platform: Platform, signs: string[]][] = [
  [
    'the generator of Plone 4',
    `<head>${CLASSIC_GENERATOR}</head>`,
    'classic',
    ['generator "Plone - http://plone.org"'],
  ],
  [
    'the frame of a classic article',
    `${HEADLINE}<div id="content-core"><div id="parent-fieldname-text">x</div></div>`,
    'classic',
    ['#content-core', '#parent-fieldname-text', 'h1.documentFirstHeading'],
  ],
  ['a classic listing', '<article class="tileItem">x</article>', 'classic', ['article.tileItem']],
  [
    'the generator of Plone 6',
    `<head>${VOLTO_GENERATOR}</head><body>${HEADLINE}</body>`,
    'volto',
    ['generator "Plone 6 - https://plone.org"'],
  ],
  ['the state of Volto', '<script>window.__data={"a":1};</script>', 'volto', ['window.__data']],
  ['blocks of Volto', '<div id="main"><div class="block slate">x</div></div>', 'volto', ['#main div.block']],
  [
    'Plone 6 with the classic pages',
    `<head>${VOLTO_GENERATOR}</head><body>${HEADLINE}<div id="content-core">x</div></body>`,
    'classic',
    ['generator "Plone 6 - https://plone.org"', '#content-core', 'h1.documentFirstHeading'],
  ],
  [
    'blocks within a page of Plone 4',
    `<head>${CLASSIC_GENERATOR}</head><div id="main"><div class="block">x</div></div>`,
    'classic',
    ['generator "Plone - http://plone.org"'],
  ],
  ['JSON', ' {"items": []}', 'volto', ['JSON']],
  ['JSON after white space', '\n\n[1]', 'volto', ['JSON']],
  ['a page of no known engine', '<div class="block"><h1>Título</h1><p>Texto</p></div>', 'generic', []],
  ['signs in a comment', `<!-- ${CLASSIC_GENERATOR} <div id="content-core"> --><p>x</p>`, 'generic', []],
  ['another generator', '<meta name="generator" content="WordPress 6.4">', 'generic', []],
  ['nothing', '', 'generic', []],
];
for (const [name, body, platform, signs] of cases) {
  test(`${name}: ${platform}`, () => assert.deepEqual(detect(body), { platform, signs }));
}

test('the host decides where a host has one engine', () => {
  const page = `<head>${CLASSIC_GENERATOR}</head>`;
  for (const [host, platform] of [
    ['agenciabrasil.ebc.com.br', 'agencia-brasil'],
    ['tvbrasil.ebc.com.br', 'tv-brasil'],
  ]) {
    assert.deepEqual(detect(page, { at: `https://${host}/x` }), { platform, signs: [`host ${host}`] });
  }
  assert.equal(detect(page, { at: 'https://agenciagov.ebc.com.br/x' }).platform, 'classic');
});

test('a page that was announced as JSON and is markup is judged by its markup', () => {
  assert.equal(detect('<p>Em manutenção</p>', { contentType: 'application/json' }).platform, 'generic');
  assert.equal(detect('"texto"', { contentType: 'application/json' }).platform, 'volto');
});

test('every page of the sample site is known for what it is', () => {
  const engines: Partial<Record<string, Platform>> = {
    volto: 'volto',
    'agencia-brasil': 'agencia-brasil',
    'tv-brasil': 'tv-brasil',
  };
  for (const { layout, listingUrl } of SAMPLE_SOURCES) {
    const { body, contentType } = answer(new URL(listingUrl));
    assert.equal(detect(body, { contentType, at: listingUrl }).platform, engines[layout] ?? 'classic', listingUrl);
  }
});

test('markup beyond the limits is refused, broken markup is not', () => {
  const cpuSeconds = startCpuClock();
  assert.throws(() => detect('<div>'.repeat(200_000)), { name: 'PageLimitError' });
  assert.equal(detect('<'.repeat(1_000_000)).platform, 'generic');
  assert.equal(detect('<meta name="generator">'.repeat(50_000)).platform, 'generic');
  assertCpuSeconds(cpuSeconds(), hostileInputSeconds, 'the markup');
});
