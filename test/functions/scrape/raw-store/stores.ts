import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import { decodeBody } from '../../../../functions/scrape/fetch/read-body.ts';
import type { FetchedPage } from '../../../../functions/scrape/page.ts';
import { createGcsRawStore } from '../../../../functions/scrape/raw-store/gcs.ts';
import { type StorageStandIn, startStorage } from '../../../stand-ins/storage.ts';

export const context = { source: 'mec', platform: 'classic', extractorVersion: 3 } as const;

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A page as a fetch gives it. */
export function fetched(
  body: string | Uint8Array = '<h1>Educação</h1>',
  changes: Partial<FetchedPage> = {},
): FetchedPage {
  const bytes = Buffer.from(body as string);
  const contentType = changes.contentType ?? 'text/html; charset=utf-8';
  return {
    requestedUrl: 'https://www.gov.br/mec/pt-br/noticias/escola/view',
    url: 'https://www.gov.br/mec/pt-br/noticias/escola',
    status: 200,
    contentType,
    headers: { 'content-type': contentType, etag: '"a1"', date: 'Mon, 02 Feb 2026 01:30:00 GMT' },
    bytes,
    body: decodeBody(bytes, contentType),
    fetchedAt: new Date('2026-02-02T01:30:00.250Z'),
    ...changes,
  };
}

/** A folder for each test of the file that calls this. */
export function useFolder(): { path(): string; file(name: string): string } {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'raw-store-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return { path: () => folder, file: (name) => join(folder, name) };
}

/** Cloud Storage with the empty bucket `pages`, for the tests of the file that calls this. */
export function useStorage() {
  let storage: StorageStandIn;
  before(async () => {
    storage = await startStorage({ buckets: ['pages'] });
  });
  after(() => storage.close());
  beforeEach(() => {
    storage.objects('pages').clear();
    storage.recover();
  });
  return {
    server: () => storage,
    objects: () => storage.objects('pages'),
    open: (options: { bucket?: string; timeoutMs?: number } = {}) =>
      createGcsRawStore({ bucket: 'pages', apiEndpoint: storage.url, ...options }),
  };
}
