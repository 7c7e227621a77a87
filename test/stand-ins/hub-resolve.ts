import { type Answer, entryNotFound, storageRefusal } from './hub-answer.ts';
import { sizeOf } from './hub-files.ts';
import { pointerOf } from './hub-repository.ts';
import { filesOf, type HubRequest } from './hub-request.ts';
import { type Signer, storageOrigin } from './hub-signature.ts';

/** Downloads: `resolve` and `raw` of any commit, and the storage that large files are redirected to. */
export function createDownloads(signer: Signer) {
  /** As on the Hub, a file in large file storage is answered with a redirect that tells its size and hash. */
  async function resolve(hubRequest: HubRequest): Promise<Answer> {
    const { request, url, part, repository } = hubRequest;
    const { oid, files } = await filesOf(hubRequest);
    const file = files.get(part('path'));
    if (!file) throw entryNotFound('Entry not found');
    const headers = { 'X-Repo-Commit': oid, 'Accept-Ranges': 'bytes', ETag: `"${file.oid}"` };
    if (!file.isLfs) {
      const path = repository.objectPath(file.sha256, false);
      return ranged(request.headers.range, path, file.sizeBytes, headers);
    }
    const location = signer.sign(storageOrigin(url), `/storage/${repository.id}/${file.sha256}`);
    return {
      status: 302,
      headers: {
        ...headers,
        Location: location,
        'X-Linked-Size': file.sizeBytes,
        'X-Linked-ETag': `"${file.sha256}"`,
      },
      text: `Found. Redirecting to ${location}`,
    };
  }

  /** What Git keeps: of a file in large file storage, the pointer. */
  async function raw(hubRequest: HubRequest): Promise<Answer> {
    const { files } = await filesOf(hubRequest);
    const file = files.get(hubRequest.part('path'));
    if (!file?.isLfs) return resolve(hubRequest);
    return { status: 200, headers: { ETag: `"${file.oid}"` }, text: pointerOf(file) };
  }

  async function download({ request, part, repository }: HubRequest): Promise<Answer> {
    const path = repository.objectPath(part('oid'), true);
    const sizeBytes = await sizeOf(path);
    if (sizeBytes === undefined) throw storageRefusal(404, 'NoSuchKey', 'The specified key does not exist.');
    return ranged(request.headers.range, path, sizeBytes, {
      'Accept-Ranges': 'bytes',
      'Content-Type': 'application/octet-stream',
      ETag: `"${part('oid')}"`,
    });
  }

  return { resolve, raw, download };
}

/** A file or the one range of it that was asked for; a list of ranges is answered with the whole. */
function ranged(range: string | undefined, path: string, sizeBytes: number, headers: Record<string, string>): Answer {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') {
    return { status: 200, headers, file: { path, start: 0, end: sizeBytes } };
  }
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (start >= end) {
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${sizeBytes}` } };
  }
  const contentRange = { 'Content-Range': `bytes ${start}-${end - 1}/${sizeBytes}` };
  return { status: 206, headers: { ...headers, ...contentRange }, file: { path, start, end } };
}
