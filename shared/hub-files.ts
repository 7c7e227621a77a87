import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import {
  byPath,
  chooseParquet,
  DatasetAbsentError,
  type DatasetSource,
  describeLeftOut,
  type RandomAccess,
} from './dataset-source.ts';
import { ConfigError, errorMessage, PermanentError, RetryableError } from './errors.ts';
import { askWithSecret, asSecret, isRefusal, type Secret } from './secret.ts';
import { secretSettings } from './secret-settings.ts';

/** Where the Hub is, and who asks. */
export interface HubOptions {
  /** Default https://huggingface.co. */
  endpoint?: string;
  /** Public datasets need none. */
  token?: string | Secret;
  /** Attempts of one request. Default 5. */
  maxAttempts?: number;
  /** Pause before the second attempt, in milliseconds, doubled for each more; a Retry-After goes before. Default 1,000. */
  backoffMs?: number;
  /** Longest time of one attempt, its body included. Default 60,000. */
  timeoutMs?: number;
  /** Longest pause that the Hub may ask for; above it the request fails. Default 120,000, to which longer ones are cut. */
  maxPauseMs?: number;
}

/** Settings of every function that reads the Hub. */
export const hubSettings = {
  HF_ENDPOINT: z.url({ protocol: /^https?$/ }).default('https://huggingface.co'),
  ...secretSettings('HF_TOKEN', z.string().optional()),
};

const DATASET_ID = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)?$/;
const maxRetryAfterMs = 120_000;

const datasetInfo = z.object({ sha: z.string().regex(/^[0-9a-f]{7,64}$/) });
const treePage = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().default(0),
    oid: z.string().optional(),
    lfs: z.object({ oid: z.string() }).optional(),
  }),
);

/**
 * The Parquet files of a dataset on the Hub as they stand at one commit, which is looked up once: what is pushed while
 * they are read changes nothing.
 *
 * @param revision branch, tag or commit.
 * @throws {DatasetAbsentError} when the dataset or revision is not there, not to be read with this token, or has no Parquet.
 * @throws {RetryableError} when the Hub does not answer, or refuses for now, on all attempts.
 */
export async function openHubSource(id: string, revision: string, options: HubOptions = {}): Promise<DatasetSource> {
  if (!DATASET_ID.test(id)) throw new PermanentError(`"${id}" is no dataset of the Hub: expected org/name`);
  const hub = createHub(options);
  const { sha } = await hub
    .json(`/api/datasets/${id}/revision/${encodeURIComponent(revision)}`, datasetInfo)
    .catch((cause: unknown) => {
      throw cause instanceof PermanentError ? new DatasetAbsentError(cause.message, { cause }) : cause;
    });
  const tree = await listTree(hub, `/api/datasets/${id}/tree/${sha}?recursive=true`);
  const { chosen, leftOut } = chooseParquet([...tree.keys()]);
  if (chosen.length === 0) {
    throw new DatasetAbsentError(`Dataset ${id} holds no Parquet file${describeLeftOut(leftOut)} at ${sha}`);
  }
  const files = chosen.map((path) => {
    const { size, oid, lfs } = tree.get(path)!;
    return {
      path,
      sizeBytes: size,
      ...contentName(lfs?.oid ?? oid),
      open: async () =>
        hub.openFile(`/datasets/${id}/resolve/${sha}/${path.split('/').map(encodeURIComponent).join('/')}`, size),
    };
  });
  return { name: `dataset ${id}`, revision: sha, files: files.sort(byPath), leftOut };
}

function contentName(oid: string | undefined): { oid?: string } {
  return oid ? { oid } : {};
}

type Hub = ReturnType<typeof createHub>;

/** The files of a tree by their paths. */
async function listTree(hub: Hub, first: string) {
  const files = new Map<string, z.infer<typeof treePage>[number]>();
  for (let next: string | undefined = first; next; ) {
    const page: { body: unknown; headers: Headers } = await hub.get(next, {}, (response) => response.json());
    const entries = hub.parse(next, treePage, page.body);
    for (const entry of entries) if (entry.type === 'file') files.set(entry.path, entry);
    next = /<([^>]+)>\s*;\s*rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
  }
  return files;
}

function createHub(options: HubOptions) {
  const {
    endpoint = 'https://huggingface.co',
    token,
    maxAttempts = 5,
    backoffMs = 1_000,
    timeoutMs = 60_000,
    maxPauseMs,
  } = options;
  const base = endpoint.replace(/\/+$/, '');
  const secret = token === undefined ? undefined : asSecret(token);

  /** One page after the other may name its host: the token goes to no other than the Hub's. */
  const urlOf = (path: string) => {
    const url = new URL(path, `${base}/`);
    if (url.origin !== new URL(base).origin) throw new PermanentError(`The Hub refers to another host: ${url.origin}`);
    return url;
  };

  const attempt = async <T>(url: URL, headers: Record<string, string>, read: (response: Response) => Promise<T>) => {
    const ask = (authorization: Record<string, string>) =>
      fetch(url, { headers: { ...headers, ...authorization }, signal: AbortSignal.timeout(timeoutMs) });
    const response = secret
      ? await askWithSecret(secret, (value) => ask({ authorization: `Bearer ${value}` }), isRefusal)
      : await ask({});
    if (response.ok) return { body: await read(response), headers: response.headers };
    await response.body?.cancel();
    throw refusal(url, response);
  };

  const get = async <T>(
    path: string,
    headers: Record<string, string>,
    read: (response: Response) => Promise<T>,
  ): Promise<{ body: T; headers: Headers }> => {
    const url = urlOf(path);
    for (let count = 1; ; count++) {
      try {
        return await attempt(url, headers, read);
      } catch (cause) {
        if (cause instanceof PermanentError || cause instanceof ConfigError) throw cause;
        const pauseMs = (cause instanceof HubBusyError && cause.retryAfterMs) || backoffMs * 2 ** (count - 1);
        if (count >= maxAttempts || (maxPauseMs !== undefined && pauseMs > maxPauseMs)) {
          const reason = cause instanceof RetryableError ? cause.message : `${url.href}: ${reasonOf(cause)}`;
          throw new RetryableError(`The Hub did not answer in ${count} attempts: ${reason}`, { cause });
        }
        await setTimeout(Math.min(pauseMs, maxRetryAfterMs));
      }
    }
  };

  const parse = <T>(path: string, schema: z.ZodType<T>, body: unknown): T => {
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    throw new PermanentError(`${urlOf(path).href} is not what the Hub answers: ${result.error.issues[0]!.message}`);
  };

  return {
    get,
    parse,
    async json<T>(path: string, schema: z.ZodType<T>): Promise<T> {
      return parse(path, schema, (await get(path, {}, (response) => response.json())).body);
    },
    openFile(path: string, sizeBytes: number): RandomAccess {
      let etag: string | undefined;
      return {
        async slice(start, end) {
          const range = `bytes=${start}-${end - 1}`;
          const { body, headers } = await get(path, { range }, async (response) => {
            checkRange(response, { start, end, sizeBytes });
            const bytes = await response.arrayBuffer();
            if (bytes.byteLength === end - start) return bytes;
            throw new RetryableError(`${response.url} gave ${bytes.byteLength} bytes of ${end - start}`);
          });
          const found = headers.get('etag') ?? undefined;
          if (etag && found && found !== etag) throw new PermanentError(`${path} was replaced while it was read`);
          etag ??= found;
          return body;
        },
        close: async () => {},
      };
    },
  };
}

/** The Hub asks to come again later. */
class HubBusyError extends RetryableError {
  override name = 'HubBusyError';
  retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs: number | undefined) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

function refusal(url: URL, response: Response): Error {
  const { status } = response;
  const text = `${url.href} answers ${status}`;
  if (status === 401 || status === 403) {
    return new PermanentError(`${text}: it is not there, or HF_TOKEN may not read it`);
  }
  if (status === 404) return new PermanentError(`${text}: there is no such dataset, revision or file`);
  if (status === 429 || status === 408 || status >= 500) return new HubBusyError(text, retryAfterMs(response));
  return new PermanentError(text);
}

function retryAfterMs(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? ms : undefined;
}

function checkRange(response: Response, wanted: { start: number; end: number; sizeBytes: number }): void {
  const { start, end, sizeBytes } = wanted;
  const given = response.headers.get('content-range');
  const isWhole = response.status === 200 && start === 0 && end === sizeBytes;
  if (isWhole || given === `bytes ${start}-${end - 1}/${sizeBytes}`) return;
  throw new PermanentError(
    `${response.url} gives ${given ?? `no range (status ${response.status})`} in place of bytes ${start}-${end - 1}/${sizeBytes}`,
  );
}

/** What fetch says is "fetch failed"; why stands in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause ? `${errorMessage(error)}: ${errorMessage(cause)}` : errorMessage(error);
}
