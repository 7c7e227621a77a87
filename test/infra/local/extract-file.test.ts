import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type ExtractFileOptions, extractFile } from '../../../infra/local/extract-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'extract-'));
after(() => rmSync(folder, { recursive: true }));

const url = 'https://www.gov.br/mec/pt-br/noticias/x';

function fileOf(content: string | Uint8Array, name = 'page.html'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function record(content: string | Uint8Array, options: Partial<ExtractFileOptions> & { name?: string } = {}) {
  const result = await extractFile(fileOf(content, options.name), { url, ...options });
  assert.ok(!Array.isArray(result) && !('failure' in result), JSON.stringify(result));
  return result;
}

function html(charset: string): string {
  return `<html><head>${charset}<title>x</title></head><body><div id="content">
    <h1 class="documentFirstHeading">Ação em Macapá</h1>
    <div id="content-core"><p>A população “avança” à noite.</p></div></div></body></html>`;
}

const text = 'A população “avança” à noite.';

test('a page is decompressed by what it holds, not by its name', async () => {
  const page = html('<meta charset="utf-8">');
  for (const [name, bytes] of [
    ['page.html', Buffer.from(page)],
    ['page.html.gz', gzipSync(page)],
    ['page.zst', zstdCompressSync(page)],
    ['gzip.html', gzipSync(page)],
    ['plain.gz', Buffer.from(page)],
  ] as const) {
    const { title, content } = await record(bytes, { name });
    assert.deepEqual([title, content], ['Ação em Macapá', text], name);
  }
});

test('a page is decoded by byte-order mark, by meta, or by what is valid', async () => {
  const windows1252 = (markup: string) => Buffer.from(markup.replace('“', '\x93').replace('”', '\x94'), 'latin1');
  const pages: [string, Uint8Array][] = [
    ['UTF-8 without a word', Buffer.from(html(''))],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${html('<meta charset="iso-8859-1">')}`)],
    [
      'Windows-1252 by meta',
      windows1252(html('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">')),
    ],
    ['Windows-1252 without a word', windows1252(html(''))],
    ['a charset that does not exist', Buffer.from(html('<meta charset="klingon">'))],
    ['UTF-16', Buffer.from(`\ufeff${html('')}`, 'utf16le')],
    ['UTF-16, big-endian', Buffer.from(`\ufeff${html('')}`, 'utf16le').swap16()],
  ];
  for (const [name, bytes] of pages) {
    const { title, content } = await record(bytes);
    assert.deepEqual([title, content], ['Ação em Macapá', text], name);
  }
});

test('JSON is known by how it begins, whatever the charset in its markup', async () => {
  const blocks = { a: { '@type': 'html', html: '<meta charset="iso-8859-1"><p>Começou.</p>' } };
  const document = JSON.stringify({ '@type': 'News Item', title: 'Ação', blocks, blocks_layout: { items: ['a'] } });
  for (const bytes of [document, `\ufeff\n${document}`, Buffer.from(`\ufeff${document}`, 'utf16le')]) {
    const { title, content, platform } = await record(bytes);
    assert.deepEqual([title, content, platform], ['Ação', 'Começou.', 'volto']);
  }
});

test('the agency is found by the address', async () => {
  const agencies: [string, string | null][] = [
    [url, 'mec'],
    ['https://www.gov.br/mec/++api++/pt-br/noticias/x', 'mec'],
    ['https://www.gov.br/planalto/pt-br/acompanhe-o-planalto/noticias/2026/x', 'planalto'],
    ['https://www.gov.br/trabalho-e-emprego/pt-br/x', 'trabalho-e-emprego'],
    ['https://www.gov.br/orgao-novo/pt-br/x', 'orgao_novo'],
    ['https://www.gov.br/pt-br/noticias/x', null],
    ['https://www.gov.br/', null],
    ['https://noticias.exemplo.org/mec/x', null],
  ];
  for (const [at, key] of agencies) assert.equal((await record(html(''), { url: at })).agency_key, key, at);
});

test('the agency of each EBC host is known', async () => {
  const page =
    '<h1 class="titulo-materia">Chuva</h1><article><p>Choveu.</p></article><div class="conteudo-noticia">Choveu.</div>';
  for (const [host, key] of [
    ['agenciabrasil.ebc.com.br', 'agencia_brasil'],
    ['tvbrasil.ebc.com.br', 'tvbrasil'],
  ]) {
    assert.equal((await record(page, { url: `https://${host}/geral/x` })).agency_key, key);
  }
});

test('an address that could not be fetched is a usage error', async () => {
  for (const wrong of [
    '',
    'page.html',
    'http://www.gov.br/x',
    'file:///etc/passwd',
    `https://www.gov.br/${'x'.repeat(2000)}`,
  ]) {
    await assert.rejects(extractFile(fileOf(html('')), { url: wrong }), { name: 'UsageError', message: /--url must/ });
  }
});

test('what is too large is not read to its end', async () => {
  const large = Buffer.alloc(20_000_000, '<p>');
  for (const [name, bytes] of [
    ['large.html', large],
    ['bomb.gz', gzipSync(large)],
    ['bomb.zst', zstdCompressSync(large)],
  ] as const) {
    const result = await extractFile(fileOf(bytes, name), { url });
    assert.ok('failure' in result, name);
    assert.equal(result.failure.category, 'unknown');
    assert.match(result.failure.reason, /is larger than 10485760 bytes/);
  }
  const endless = await extractFile('/dev/zero', { url });
  assert.ok('failure' in endless);
});

test('an archive of a page is not taken for the page', async () => {
  const head =
    'From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary="x"\r\n\r\n--x\r\n';
  const result = await extractFile(fileOf(`${head}${html('')}`, 'page.mhtml'), { url });
  assert.ok('failure' in result);
  assert.match(result.failure.reason, /page\.mhtml is an archive \(MHTML\)/);
  assert.equal(
    (await record(html('<meta name="x" content="Content-Type: multipart/related">'))).title,
    'Ação em Macapá',
  );
});

test('a file that cannot be read is named', async () => {
  const broken = gzipSync(html('')).subarray(0, 60);
  const cases: [string, RegExp][] = [
    [join(folder, 'none.html'), /none\.html cannot be read: ENOENT/],
    [folder, /cannot be read: EISDIR/],
    [fileOf(broken, 'broken.gz'), /broken\.gz cannot be decompressed: unexpected end of file/],
    [fileOf(zstdCompressSync(html('')).subarray(0, 60), 'broken.zst'), /broken\.zst cannot be decompressed/],
  ];
  for (const [file, message] of cases) await assert.rejects(extractFile(file, { url }), { message });
});
