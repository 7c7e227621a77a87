import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectorSet } from '../../../../functions/scrape/extractors/select.ts';
import { parseHtml } from '../../../../functions/scrape/html.ts';

const html = `<div id="content" class="x y"><p class="a">1</p><figure><img data-echo="1"><img></figure>
  <script type="application/ld+json">{}</script><nav class="t"><a href="/tags/a,b">k</a><a>l</a></nav><p class="a a b">2</p></div><p class="a">3</p>`;

test('one walk finds what each selector finds by itself, in the order of the page', () => {
  const selectors = [
    '#content',
    '#content .a',
    'p.a, nav a, figure',
    'script[type="application/ld+json"]',
    'a[href*="/tags/"]',
    'img[data-echo]',
    '#content > p',
    'div.x.y p',
    'video',
    '.home, .b',
  ];
  const $ = parseHtml(html, 'https://www.gov.br/');
  const select = selectorSet(selectors)($);
  for (const selector of selectors) assert.deepEqual(select(selector), $(selector).toArray(), selector);
  assert.equal(select('#content .a').length, 2);
});

test('a selector that cannot be found in one walk, or that was not announced, is a mistake of ours', () => {
  for (const selector of ['#content *', '[href]', ''])
    assert.throws(() => selectorSet([selector]), RangeError, selector);
  const select = selectorSet(['p'])(parseHtml(html, 'https://www.gov.br/'));
  assert.throws(() => select('div'), RangeError);
});
