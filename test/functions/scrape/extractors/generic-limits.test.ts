import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageLimitError } from '../../../../functions/scrape/errors.ts';
import { generic } from '../../../../functions/scrape/extractors/generic/generic.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../../support/cpu-time.ts';

const url = 'https://portal.exemplo.gov.br/a';
const head = '<title>Um título da página</title><h1>Um título da página</h1>';
const text = 'palavra, outra palavra, e mais uma frase com vírgulas. ';

/** Far more than each takes, far less than the minutes that the library takes for most of them without bounds. */
const maxSeconds = hostileInputSeconds / 4;

function isQuick(name: string, body: string): void {
  const page = { url, contentType: 'text/html', body };
  for (const read of [() => generic.parseArticle(page, url), () => generic.parseListing(page)]) {
    const cpuSeconds = startCpuClock();
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof Error && 'category' in error, `${name}: ${error}`);
    }
    assertCpuSeconds(cpuSeconds(), maxSeconds, name);
  }
}

const repeat = (part: string, count: number) => part.repeat(count);
const fill = (part: string) => part.repeat(Math.floor(2_800_000 / part.length));

test('pages that are built to be slow are refused, or read in a moment', () => {
  const hostile: Record<string, string> = {
    'wide page': head + fill('<p>x</p>'),
    'deep page': head + repeat('<div>', 500) + repeat(text, 20),
    'deep and wide': head + repeat('<div>', 200) + repeat('<div>x</div>', 3000),
    'deep line breaks': head + repeat('<div>', 100) + repeat('<br>x', 14_000),
    'many deep trees': head + repeat(repeat('<div>x', 20) + text + repeat('</div>', 20), 600),
    'half-open brackets': head + fill('<'),
    'escaped characters': `${head}<p>${fill('&amp;')}`,
    'white space': `${head}<p>${fill(' \n')}x`,
    'long attributes': `${head}<p>${repeat(text, 50)}<img srcset="${repeat('a', 1e6)} b" src="${repeat('.jpg', 3e5)} x y">`,
    'many attributes': `${head}<p ${Array.from({ length: 150_000 }, (_, index) => `a${index}`).join(' ')}>x`,
    'long title': `<title>${repeat('a b ', 2e5)}</title>${repeat('<h1>a b c</h1>', 10_000)}`,
    'nested titles': repeat('<h1>', 100) + fill(text),
    'nested forms': head + repeat('<form>', 500) + fill('x '),
    'nested spans': head + repeat('<span class="a">x', 500) + fill('y '),
    'deep structured data': `${head}<script type="application/ld+json">${repeat('[', 1e6)}</script>`,
    'much metadata': fill('<meta property="og:title" content="a">') + head,
    'many links': head + repeat('<a href="/a">um texto de link bem comprido</a> ', 30_000),
    'many boxes': head + repeat('<i></i>', 50_000) + repeat('<li><a href=/b>b</a>', 10_000),
    'many links to one page': head + repeat('<div>', 500) + repeat('<a href=/n>x</a>', 100_000),
    'many dates': head + fill('<time datetime="2020-01-01"></time>'),
    'fallbacks for scripts': head + repeat('<noscript><img src=a></noscript>', 7000) + repeat(text, 100),
  };
  for (const [name, body] of Object.entries(hostile)) isQuick(name, body);
});

test('what is beyond the limits of pages is refused before anything is built', () => {
  const page = (body: string) => ({ url, contentType: 'text/html', body });
  for (const body of ['x'.repeat(3_000_001), repeat('<div>', 600), head + fill('<p>x</p>')]) {
    assert.throws(() => generic.parseArticle(page(body), url), PageLimitError);
  }
});
