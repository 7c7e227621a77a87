import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';
import { ByteWriter } from 'hyparquet-writer';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { ParquetCodec } from './parquet.ts';

/** Compresses pages; equal pages give equal bytes, whatever came before. */
export interface PageCompressor {
  /** Takes a page and its buffer, which serves another page (`takeBuffer`) afterwards. */
  compress(page: ByteWriter): Promise<Uint8Array>;
  /** Resolves once so few pages wait that another one is welcome. */
  ready(): Promise<void>;
}

/** As Arrow's own writer: level 3 takes twice the time, half of an export, for a sixth less bytes. */
const ZSTD_LEVEL = 1;
/** Pages at once, on threads of their own: the rows and the database have work for other processors. */
const ZSTD_CONTEXTS = 2;
/** Pages that wait beyond these take room and save no time. */
const MAX_WAITING = 4;
/** Buffers of pages that were full, kept for the next ones. */
const MAX_SPARE = 6;
const SPARE_BYTES = { min: 512 * 1024, max: 4 * 1024 * 1024 };

// Shared by all files of the process, and reused: megabytes that wait for the garbage collector would be most of what
// an export takes.
const spareBuffers: ByteWriter[] = [];
const contexts: { stream: ZstdCompress; last: Promise<unknown> }[] = [];
let turn = 0;

/** An empty buffer for a page that will be full. */
export function takeBuffer(): ByteWriter {
  return spareBuffers.pop() ?? new ByteWriter();
}

function giveBack(buffer: ByteWriter): void {
  const { byteLength } = buffer.buffer;
  if (spareBuffers.length >= MAX_SPARE || byteLength < SPARE_BYTES.min || byteLength > SPARE_BYTES.max) return;
  buffer.index = 0;
  buffer.offset = 0;
  spareBuffers.push(buffer);
}

export function createPageCompressor(codec: ParquetCodec): PageCompressor {
  const waiting = new Set<Promise<Uint8Array>>();
  return {
    compress(page) {
      const compressed = compressors[codec](page.getBytes());
      waiting.add(compressed);
      // Its failure is met by whoever asked for the page.
      const leave = () => {
        waiting.delete(compressed);
        giveBack(page);
      };
      compressed.then(leave, leave);
      return compressed;
    },
    async ready() {
      while (waiting.size > MAX_WAITING) await Promise.race(waiting);
    },
  };
}

const compressors: Record<ParquetCodec, (page: Uint8Array) => Promise<Uint8Array>> = {
  zstd: (page) => {
    const index = turn++ % ZSTD_CONTEXTS;
    contexts[index] ??= { stream: createFrameStream(), last: Promise.resolve() };
    const context = contexts[index];
    const frame = context.last.then(() => compressFrame(context.stream, page));
    context.last = frame.catch(() => delete contexts[index]);
    return frame;
  },
  snappy: async (page) => snappyCompress(page),
};

/**
 * A stream that makes each piece it is given a zstd frame of its own. A context for each page (`zstdCompress`) would
 * cost more than small pages do.
 */
function createFrameStream(): ZstdCompress {
  const options = {
    flush: constants.ZSTD_e_end,
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
    chunkSize: 512 * 1024,
    // Frames are taken out whole, so that nothing may hold them back.
    readableHighWaterMark: Number.MAX_SAFE_INTEGER,
  };
  return createZstdCompress(options);
}

function compressFrame(stream: ZstdCompress, page: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    stream.write(page, (error) => (error ? reject(error) : resolve(stream.read() as Buffer)));
  });
}
