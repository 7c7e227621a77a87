import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { ByteWriter } from 'hyparquet-writer';
import { createPageCompressor, takeBuffer } from '../../shared/parquet-compressor.ts';

function pageOf(bytes: Buffer, writer = new ByteWriter()): ByteWriter {
  writer.appendBytes(bytes);
  return writer;
}

test('the bytes of a page do not depend on the pages before it', async () => {
  const pages = [0, 1, 20, 70_000, 1_048_576, 3_000_000, 20, 1_048_576, 0].map((length, index) =>
    Buffer.from(Array.from({ length }, (_, at) => (at * at * (index + 3)) % 251)),
  );
  const { compress } = createPageCompressor('zstd');
  const frames = await Promise.all(pages.map((page) => compress(pageOf(page))));
  for (const [index, page] of pages.entries()) {
    const alone = zstdCompressSync(page, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    assert.ok(alone.equals(frames[index]!), `page ${index}`);
  }
});

test('the buffer of a page that was full serves another one, empty', async () => {
  const { compress, ready } = createPageCompressor('zstd');
  const first = pageOf(Buffer.alloc(1_048_576, 'a'));
  await compress(first);
  await ready();
  const buffers = Array.from({ length: 6 }, takeBuffer);
  assert.ok(buffers.includes(first));
  assert.ok(buffers.every(({ offset, index }) => offset === 0 && index === 0));
});
