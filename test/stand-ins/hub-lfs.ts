import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { type Answer, ok, refusal, storageRefusal } from './hub-answer.ts';
import { moveInto, type Received, receive } from './hub-files.ts';
import type { Repository } from './hub-repository.ts';
import { type HubRequest, parseJson, readBody, wholeNumber } from './hub-request.ts';
import { type Signer, storageOrigin } from './hub-signature.ts';

export interface LfsOptions {
  signer: Signer;
  /** A file larger than this is uploaded in parts of this size, by clients that can. */
  partSizeBytes: number;
  /** The largest file that is taken. */
  maxFileBytes: number;
}

const MAX_JSON_BYTES = 2 ** 20;
const lfsJson = { 'Content-Type': 'application/vnd.git-lfs+json; charset=utf-8' };

const object = z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) });
const batch = z.object({
  operation: z.enum(['upload', 'download']),
  transfers: z.array(z.string()).default(['basic']),
  hash_algo: z.string().default('sha256'),
  ref: z.object({ name: z.string() }).nullish(),
  objects: z.array(object).min(1).max(1000),
});
const completion = z.object({
  oid: object.shape.oid,
  parts: z.array(z.object({ partNumber: z.int().min(1), etag: z.string() })).min(1),
});

/**
 * Large file storage: the batch endpoint of the Hub, and the storage that its addresses lead to. Uploads are hashed while
 * they stream to disk; an object is there once its size and SHA-256 are what its name says. The transfer `xet` is never
 * chosen, as on a repository without it, and clients that offer it go on with plain uploads.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
 */
export function createLargeFiles({ signer, partSizeBytes, maxFileBytes }: LfsOptions) {
  /** Parts that came, by upload and number. They do not outlive the process: their client asks for a new batch then. */
  const uploads = new Map<string, Map<number, Received & { path: string }>>();

  function uploadAction(url: URL, { id }: Repository, oid: string, size: number, isMultipart: boolean) {
    const path = `/storage/${id}/${oid}`;
    if (!isMultipart) return { href: signer.sign(storageOrigin(url), path, { size }) };
    const uploadId = randomUUID();
    uploads.set(uploadId, new Map());
    const parts = Array.from({ length: Math.ceil(size / partSizeBytes) }, (_, index) => {
      const partSize = Math.min(partSizeBytes, size - index * partSizeBytes);
      const parameters = { size: partSize, uploadId, partNumber: index + 1 };
      return [String(index + 1).padStart(5, '0'), signer.sign(storageOrigin(url), path, parameters)];
    });
    return {
      href: signer.sign(url.origin, `/api/complete_multipart/${id}/${oid}`, { size, uploadId }),
      header: { chunk_size: String(partSizeBytes), ...Object.fromEntries(parts) },
    };
  }

  async function batchEntry(url: URL, repository: Repository, { oid, size }: z.infer<typeof object>, asked: Asked) {
    const error = (code: number, message: string) => ({ oid, size, error: { code, message } });
    if (size > maxFileBytes) return error(413, `The file is larger than ${maxFileBytes} bytes`);
    const stored = await repository.lfsSize(oid);
    if (stored !== undefined && stored !== size) return error(422, `The object has ${stored} bytes, not ${size}`);
    const download = { href: signer.sign(storageOrigin(url), `/storage/${repository.id}/${oid}`) };
    if (asked.operation === 'download') {
      return stored === undefined ? error(404, 'Object does not exist') : { oid, size, actions: { download } };
    }
    if (stored !== undefined) return { oid, size };
    const upload = uploadAction(url, repository, oid, size, asked.isMultipart && size > partSizeBytes);
    const verify = { href: `${url.origin}/datasets/${repository.id}.git/info/lfs/objects/verify` };
    return { oid, size, authenticated: true, actions: { upload, verify } };
  }

  return {
    /** `POST …git/info/lfs/objects/batch` */
    batch: async ({ request, url, repository }: HubRequest): Promise<Answer> => {
      const body = parseJson(await readBody(request, MAX_JSON_BYTES), batch, 'The batch');
      // @huggingface/hub spells it so.
      if (!['sha256', 'sha_256'].includes(body.hash_algo)) throw refusal(409, `Unknown hash: ${body.hash_algo}`);
      if (body.ref && repository.resolve(body.ref.name) === undefined) {
        throw refusal(404, `Invalid rev id: ${body.ref.name}`, { 'X-Error-Code': 'RevisionNotFound' });
      }
      const isMultipart = body.transfers.includes('multipart');
      const objects = await Promise.all(
        body.objects.map((one) => batchEntry(url, repository, one, { ...body, isMultipart })),
      );
      const isInParts = objects.some((one) => 'actions' in one && 'upload' in one.actions && one.actions.upload.header);
      return ok({ transfer: isInParts ? 'multipart' : 'basic', objects }, lfsJson);
    },

    /** `PUT` of an object or of one of its parts, to a signed address. */
    put: async ({ request, url, part, repository }: HubRequest): Promise<Answer> => {
      const oid = part('oid');
      const size = wholeNumber(url, 'size', { maximum: Number.MAX_SAFE_INTEGER });
      const announced = request.headers['content-length'];
      if (announced === undefined) {
        const message = 'A header you provided implies functionality that is not implemented: Transfer-Encoding';
        throw storageRefusal(501, 'NotImplemented', message);
      }
      if (Number(announced) !== size) {
        throw storageRefusal(400, 'InvalidRequest', `The body has ${announced} bytes where ${size} were announced`);
      }
      const uploadId = url.searchParams.get('uploadId');
      const parts = uploadId === null ? undefined : uploads.get(uploadId);
      if (uploadId !== null && !parts) throw noSuchUpload();

      const path = repository.scratchPath();
      const received = await receive(request, path);
      if (parts) {
        const number = Number(url.searchParams.get('partNumber'));
        const replaced = parts.get(number);
        parts.set(number, { ...received, path });
        if (replaced) await rm(replaced.path, { force: true });
      } else if (received.sha256 === oid) {
        await moveInto(path, repository.objectPath(oid, true));
      } else {
        await rm(path);
        throw storageRefusal(400, 'BadDigest', 'The SHA-256 you specified did not match what we received');
      }
      return { status: 200, headers: { ETag: `"${received.md5}"` } };
    },

    /** `POST` of the list of parts, to a signed address. */
    complete: async ({ request, url, part, repository }: HubRequest): Promise<Answer> => {
      const body = parseJson(await readBody(request, MAX_JSON_BYTES), completion, 'The completion');
      const oid = part('oid');
      if (body.oid !== oid) throw refusal(400, 'The completion is of another object');
      const size = wholeNumber(url, 'size', { maximum: Number.MAX_SAFE_INTEGER });
      if ((await repository.lfsSize(oid)) === size) return ok({ success: true });
      const uploadId = url.searchParams.get('uploadId') ?? '';
      const parts = uploads.get(uploadId);
      if (!parts) throw refusal(404, 'The upload does not exist: it was completed, or never begun');

      const paths = body.parts.map(({ partNumber, etag }, index) => {
        const stored = parts.get(partNumber);
        if (partNumber !== index + 1 || stored === undefined || etag !== `"${stored.md5}"`) {
          throw refusal(400, `Part ${partNumber} was not uploaded, or has another ETag`);
        }
        return stored.path;
      });
      const whole = repository.scratchPath();
      const received = await receive(concatenated(paths), whole);
      if (received.sizeBytes !== size || received.sha256 !== oid) {
        await rm(whole);
        throw refusal(400, `The parts have ${received.sizeBytes} bytes and SHA-256 ${received.sha256}`);
      }
      await moveInto(whole, repository.objectPath(oid, true));
      uploads.delete(uploadId);
      await Promise.all([...parts.values()].map(({ path }) => rm(path, { force: true })));
      return ok({ success: true });
    },

    /** `POST …git/info/lfs/objects/verify` */
    verify: async ({ request, repository }: HubRequest): Promise<Answer> => {
      const { oid, size } = parseJson(await readBody(request, MAX_JSON_BYTES), object, 'The object');
      if ((await repository.lfsSize(oid)) !== size) throw refusal(404, 'Object does not exist');
      return ok({}, lfsJson);
    },
  };
}

interface Asked {
  operation: 'upload' | 'download';
  isMultipart: boolean;
}

const noSuchUpload = () => storageRefusal(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');

async function* concatenated(paths: string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>;
}
