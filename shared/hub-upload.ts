import { z } from 'zod';
import { RetryableError } from './errors.ts';
import { hubError } from './hub-errors.ts';
import type { HubRequests } from './hub-requests.ts';

/** Content that the Hub keeps by its hash, as Git LFS does. */
export interface HubObject {
  /** Hex. */
  sha256: string;
  sizeBytes: number;
  /** The bytes from `start` on, before `end`. Called again for each try. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** Where the objects of a dataset go. */
export interface HubUploads {
  /** As in `https://huggingface.co/datasets/nobody/news.git/info/lfs/objects/batch`. */
  batchUrl: string;
  branch: string;
  /** Whether an address is the Hub's own: nobody else is sent its token. */
  isHub(url: string): boolean;
  /** The dataset, for the text of an error. */
  dataset: string;
}

const LFS_TYPE = 'application/vnd.git-lfs+json';
/** Asking again tells what stands already, and gives fresh addresses: signed ones expire. */
const ROUNDS = 3;
/** What the storage answers when an address has expired, or its upload is over or does not match. */
const EXPIRED = [400, 403, 404, 410, 412, 422];

const action = z.object({ href: z.string(), header: z.record(z.string(), z.coerce.string()).optional() });
const batchAnswer = z.object({
  objects: z
    .array(
      z.object({
        oid: z.string(),
        actions: z.object({ upload: action.optional(), verify: action.optional() }).optional(),
        error: z.object({ code: z.number(), message: z.string() }).optional(),
      }),
    )
    .length(1),
});
type Action = z.infer<typeof action>;

/** The storage no longer takes what the Hub gave out an address for. */
class UploadExpiredError extends RetryableError {
  override name = 'UploadExpiredError';
}

/**
 * Brings objects to the Hub, one at a time, ahead of the commit that names them. What stands there under its hash is
 * not sent again: an upload that was cut off goes on with the next object.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md; `multipart` is the Hub's own transfer
 */
export function createUploader(uploads: HubUploads, requests: HubRequests): (object: HubObject) => Promise<void> {
  const post = async (
    work: string,
    { href, header }: Action,
    body: object,
    expects: readonly number[] = [],
  ): Promise<Response> => {
    const headers = { ...header, accept: LFS_TYPE, 'content-type': LFS_TYPE };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return await requests.send({ url: href, work, expects, isAuthorized: uploads.isHub(href), init: () => init });
  };

  const askForUpload = async ({ sha256, sizeBytes }: HubObject) => {
    const work = `the upload of an object of ${sizeBytes} bytes`;
    const wish = {
      operation: 'upload',
      transfers: ['basic', 'multipart'],
      hash_algo: 'sha_256',
      ref: { name: uploads.branch },
      objects: [{ oid: sha256, size: sizeBytes }],
    };
    const answer = await post(work, { href: uploads.batchUrl }, wish);
    const { error, actions } = batchAnswer.parse(await answer.json()).objects[0]!;
    if (error) throw hubError({ dataset: uploads.dataset, work }, { status: error.code, text: error.message });
    return actions;
  };

  const put = async (object: HubObject, url: string, headers: Record<string, string>, start: number, end: number) => {
    const answer = await requests.send({
      url,
      work: `bytes ${start} to ${end} of an object`,
      timeoutMs: requests.patience.uploadTimeoutMs,
      expects: EXPIRED,
      init: () => ({
        method: 'PUT',
        headers: { ...headers, 'content-length': String(end - start) },
        body: object.read(start, end),
        duplex: 'half',
      }),
    });
    return expectStored(answer);
  };

  const putParts = async (object: HubObject, { href, header }: Action, chunkBytes: number) => {
    const urls = Object.entries(header ?? {})
      .filter(([name]) => /^\d+$/.test(name))
      .map(([name, url]) => ({ partNumber: Number(name), url }))
      .sort((a, b) => a.partNumber - b.partNumber);
    if (urls.length !== Math.ceil(object.sizeBytes / chunkBytes)) {
      throw new RetryableError(
        `The Hub asks for ${urls.length} parts of ${chunkBytes} bytes for an object of ${object.sizeBytes} bytes`,
      );
    }
    const parts: { partNumber: number; etag: string }[] = [];
    for (const [index, { partNumber, url }] of urls.entries()) {
      const start = index * chunkBytes;
      const answer = await put(object, url, {}, start, Math.min(start + chunkBytes, object.sizeBytes));
      const etag = answer.headers.get('etag');
      if (!etag) throw new RetryableError(`The storage gives no ETag for part ${partNumber} of an object`);
      parts.push({ partNumber, etag });
    }
    expectStored(await post('the completion of an upload', { href }, { oid: object.sha256, parts }, EXPIRED));
  };

  const uploadOnce = async (object: HubObject) => {
    const actions = await askForUpload(object);
    if (!actions?.upload) return;
    const { chunk_size: chunkSize, ...headers } = actions.upload.header ?? {};
    if (chunkSize) await putParts(object, actions.upload, Number(chunkSize));
    else await put(object, actions.upload.href, headers, 0, object.sizeBytes);
    if (!actions.verify) return;
    const claim = { oid: object.sha256, size: object.sizeBytes };
    expectStored(await post('the check of an upload', actions.verify, claim, EXPIRED));
  };

  return async (object) => {
    for (let round = 1; ; round += 1) {
      try {
        return await uploadOnce(object);
      } catch (error) {
        if (!(error instanceof UploadExpiredError) || round === ROUNDS) throw error;
      }
    }
  };
}

function expectStored(answer: Response): Response {
  if (answer.ok) return answer;
  throw new UploadExpiredError(`The storage of the Hub refuses an upload with ${answer.status}`);
}
