import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { File, Storage } from '@google-cloud/storage';
import { ConfigError, errorMessage, PermanentError, RetryableError } from '../../../shared/errors.ts';
import { codeOf } from '../../../shared/folder-errors.ts';
import { DamagedRawPageError, MissingRawPageError } from './errors.ts';
import { decodeRawPage, encodeRawPage, maxObjectBytes } from './format.ts';
import type { RawMetadata } from './metadata.ts';
import { checkRawPath } from './path.ts';
import type { RawStore } from './raw-store.ts';

/** Where pages are kept, and how long one request may take. */
export interface GcsRawStoreOptions {
  bucket: string;
  /** Default: Cloud Storage, or what STORAGE_EMULATOR_HOST says. */
  apiEndpoint?: string;
  /** Longest time of `save` and of `read`, retries included. Default 30,000. */
  timeoutMs?: number;
}

/**
 * A raw store in Cloud Storage, the metadata of a page as custom metadata of its object. The roles `objectCreator` and
 * `objectViewer` on the bucket are enough: an object is never replaced or removed.
 *
 * @see https://cloud.google.com/storage/docs/json_api/v1/objects/insert
 */
export function createGcsRawStore({ bucket, apiEndpoint, timeoutMs = 30_000 }: GcsRawStoreOptions): RawStore {
  let opening: Promise<Storage> | undefined;
  // Loaded with the first page: no instance waits for it at its start.
  const open = async () => {
    const { Storage } = await import('@google-cloud/storage');
    return new Storage({
      ...(apiEndpoint !== undefined && { apiEndpoint }),
      retryOptions: { maxRetries: 2, maxRetryDelay: 5, totalTimeout: timeoutMs / 1000 },
    });
  };
  const fileAt = async (path: string) => {
    opening ??= open();
    return (await opening).bucket(bucket).file(path);
  };
  /** It is: from an earlier visit, another process, or an attempt of ours whose answer was lost. */
  const isThere = async (error: unknown, file: File) => {
    if (codeOf(error) === 412) return true;
    // Who may not replace an object may be told so before its precondition is looked at.
    if (codeOf(error) !== 403) return false;
    return within(file.exists()).then(
      ([exists]) => exists,
      () => false, // What was forbidden first is what counts.
    );
  };
  const within = <T>(work: Promise<T>) => withDeadline(work, timeoutMs);

  return {
    async save(page, context) {
      const { path, metadata, compress } = encodeRawPage(page, context);
      const [compressed, file] = await Promise.all([compress(), fileAt(path)]);
      try {
        await within(
          file.save(compressed, {
            resumable: false,
            // Cloud Storage compares the hash and refuses what was altered on the way. The check of the client library
            // comes after the fact and needs the right to delete.
            validation: false,
            metadata: {
              contentType: 'application/zstd',
              md5Hash: createHash('md5').update(compressed).digest('base64'),
              metadata: toCustom(metadata),
            },
            preconditionOpts: { ifGenerationMatch: 0 },
          }),
        );
      } catch (error) {
        if (!(await isThere(error, file))) throw translate(error, `gs://${bucket}/${path}`);
      }
      return path;
    },
    async read(path) {
      checkRawPath(path);
      const file = await fileAt(path);
      const [compressed, custom] = await within(
        (async () => {
          const [{ size, metadata }] = await file.getMetadata();
          if (Number(size) > maxObjectBytes) throw new DamagedRawPageError(path, `it has ${size} bytes`);
          return [await download(file), metadata] as const;
        })(),
      ).catch((error: unknown) => {
        if (codeOf(error) === 404 && !isBucketMissing(error)) throw new MissingRawPageError(path, { cause: error });
        throw translate(error, `gs://${bucket}/${path}`);
      });
      return decodeRawPage(path, compressed, fromCustom(custom ?? {}));
    },
  };
}

/** @throws when the content has not the hash that Cloud Storage has of it. */
function download(file: File): Promise<Buffer> {
  const content = file.createReadStream();
  // The client library pipes an answer twice, and Node warns of a leak from eleven listeners on.
  content.once('response', (response: EventEmitter) => response.setMaxListeners(20));
  return buffer(content);
}

/** Custom metadata is text by name. */
function toCustom(metadata: RawMetadata): Record<string, string> {
  return {
    ...metadata,
    status: String(metadata.status),
    extractor_version: String(metadata.extractor_version),
    headers: JSON.stringify(metadata.headers),
  };
}

function fromCustom(custom: Record<string, unknown>): unknown {
  try {
    return {
      ...custom,
      status: Number(custom.status),
      extractor_version: Number(custom.extractor_version),
      headers: JSON.parse(String(custom.headers)),
    };
  } catch {
    return null; // Refused with the other metadata that is not usable.
  }
}

/** The client library waits for ever under Node: the fetch beneath it knows no `timeout`. */
async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RetryableError(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function translate(error: unknown, place: string): Error {
  if (error instanceof PermanentError) return error;
  const code = codeOf(error);
  const text = `${place} failed${typeof code === 'number' ? ` with status ${code}` : ''}: ${errorMessage(error)}`;
  if (code === 401 || code === 403 || code === 404) return new ConfigError(text, { cause: error });
  const isPassing = typeof code !== 'number' || code >= 500 || code < 400 || code === 408 || code === 429;
  // Altered on the way: the hash that was sent does not fit.
  const isAltered = code === 400 && /md5|crc32c|hash/i.test(errorMessage(error));
  return new (isPassing || isAltered ? RetryableError : PermanentError)(text, { cause: error });
}

const isBucketMissing = (error: unknown) => /bucket does not exist/i.test(errorMessage(error));
