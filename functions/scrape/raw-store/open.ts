import { z } from 'zod';
import { MissingRawPageError } from './errors.ts';
import { createFolderRawStore } from './folder.ts';
import { createGcsRawStore } from './gcs.ts';
import type { RawStore } from './raw-store.ts';

const BUCKET_URL = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])\/?$/;

/** Where pages are kept as they came: a folder or `gs://bucket`; unset, none are. */
export const rawStoreSettings = {
  RAW_STORE: z
    .string()
    .refine((value) => BUCKET_URL.test(value) || !/^[a-z][\w+.-]*:\/\//i.test(value), 'must be a folder or gs://bucket')
    .optional(),
};
const rawStoreConfig = z.object(rawStoreSettings);

/** Keeps nothing. */
export const nullRawStore: RawStore = {
  save: async () => null,
  read: async (path) => {
    throw new MissingRawPageError(path);
  },
};

/** The store that is asked for. It is not reached before the first page. */
export function openRawStore({ RAW_STORE: place }: z.infer<typeof rawStoreConfig>): RawStore {
  if (place === undefined) return nullRawStore;
  const bucket = BUCKET_URL.exec(place)?.[1];
  return bucket === undefined ? createFolderRawStore(place) : createGcsRawStore({ bucket });
}
