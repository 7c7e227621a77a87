import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PermanentError, RetryableError } from './errors.ts';
import { RateLimitedError } from './hub-errors.ts';
import type { HubRequests } from './hub-requests.ts';

/** A file of one commit. */
export interface HubFile {
  path: string;
  sizeBytes: number;
  /** Git's id of what the repository holds: the text of a small file, the pointer of a large one. */
  oid: string;
  /** Hex; of files that are kept by their hash alone. */
  sha256?: string;
}

/** A change of a dataset, made from one commit. */
export interface HubChange {
  parent: string;
  title: string;
  /** Files whose content was uploaded before. */
  objects: readonly HubPointer[];
  /** Small files that are sent with the commit. */
  texts: readonly { path: string; text: string }[];
  deletes: readonly string[];
}

export interface HubPointer {
  path: string;
  /** Hex. */
  sha256: string;
  sizeBytes: number;
  /** The first 512 bytes, by which the Hub tells what a file is. */
  sample: Uint8Array;
}

/** Committed as `oid`; or not at all, because the head had moved on. */
export type HubCommitResult = { oid: string } | 'head-moved';

/** What a commit needs of its dataset. */
export interface HubHistory {
  /** As in `https://huggingface.co/api/datasets/nobody/news/commit/main`. */
  commitUrl: string;
  preuploadUrl: string;
  /** The commit of the branch that follows upon this one; null when it is the head, undefined when it is not found. */
  readChild(oid: string): Promise<string | null | undefined>;
  listFiles(oid: string): Promise<HubFile[]>;
}

const PREUPLOAD_FILES = 100;
const preuploadAnswer = z.object({
  files: z.array(z.object({ path: z.string(), shouldIgnore: z.boolean().optional() })),
});
const commitAnswer = z.object({ commitOid: z.string().min(1) });

/**
 * Commits a change at once, on its parent alone. A try without an answer is looked for in the history, by its parent
 * and by the content of every path, before another is made.
 *
 * @throws {PermanentError} when the repository is set to ignore one of the files.
 */
export async function commitChange(
  change: HubChange,
  history: HubHistory,
  requests: HubRequests,
): Promise<HubCommitResult> {
  await expectTaken(change, history, requests);
  const { attempts, pauseMs, maxPauseMs, commitTimeoutMs } = requests.patience;
  let isUncertain = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await requests.send({
        url: history.commitUrl,
        work: `the commit on ${change.parent}`,
        timeoutMs: commitTimeoutMs,
        isAuthorized: true,
        isRepeatable: false,
        expects: [409, 412],
        init: () => ({
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: commitBody(change),
        }),
      });
      if (answer.ok) return { oid: commitAnswer.parse(await answer.json()).commitOid };
      // A try before this one may be what moved the head, if it was slow to land.
      return (isUncertain && (await findLanded(change, history))) || 'head-moved';
    } catch (error) {
      if (error instanceof RateLimitedError || !isUnknownOutcome(error)) throw error;
      isUncertain = true;
      const landed = await findLanded(change, history);
      if (landed) return landed;
      if (attempt === attempts) throw error;
      await sleep(Math.min(pauseMs * 2 ** (attempt - 1), maxPauseMs));
    }
  }
}

/** An answer that is no JSON counts too: something in between made it. */
function isUnknownOutcome(error: unknown): boolean {
  return error instanceof RetryableError || error instanceof SyntaxError || error instanceof z.ZodError;
}

async function expectTaken(change: HubChange, history: HubHistory, { send }: HubRequests): Promise<void> {
  const files = [
    ...change.objects.map(({ path, sizeBytes, sample }) => ({ path, size: sizeBytes, sample: base64(sample) })),
    ...change.texts.map(({ path, text }) => {
      const bytes = Buffer.from(text);
      return { path, size: bytes.byteLength, sample: base64(bytes.subarray(0, 512)) };
    }),
  ];
  for (let start = 0; start < files.length; start += PREUPLOAD_FILES) {
    const answer = await send({
      url: history.preuploadUrl,
      work: 'the announcement of files',
      isAuthorized: true,
      init: () => ({
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ files: files.slice(start, start + PREUPLOAD_FILES) }),
      }),
    });
    const ignored = preuploadAnswer.parse(await answer.json()).files.find(({ shouldIgnore }) => shouldIgnore);
    if (ignored) {
      throw new PermanentError(`The .gitignore of the dataset leaves ${ignored.path} out: remove that rule on the Hub`);
    }
  }
}

/** One operation a line, the header first. */
function commitBody({ parent, title, objects, texts, deletes }: HubChange): string {
  const operations = [
    { key: 'header', value: { summary: title, description: '', parentCommit: parent } },
    ...objects.map(({ path, sha256, sizeBytes }) => {
      return { key: 'lfsFile', value: { path, algo: 'sha256', oid: sha256, size: sizeBytes } };
    }),
    ...texts.map(({ path, text }) => {
      return { key: 'file', value: { path, encoding: 'base64', content: base64(Buffer.from(text)) } };
    }),
    ...deletes.map((path) => ({ key: 'deletedFile', value: { path } })),
  ];
  return operations.map((operation) => JSON.stringify(operation)).join('\n');
}

/** The commit upon the change's parent, if its tree is what the change makes. */
async function findLanded(change: HubChange, history: HubHistory): Promise<{ oid: string } | undefined> {
  const oid = await history.readChild(change.parent);
  if (!oid) return undefined;
  const files = new Map((await history.listFiles(oid)).map((file) => [file.path, file]));
  const isThere =
    change.objects.every(({ path, sha256 }) => files.get(path)?.sha256 === sha256) &&
    change.texts.every(({ path, text }) => files.get(path)?.oid === gitBlobId(text)) &&
    change.deletes.every((path) => !files.has(path));
  return isThere ? { oid } : undefined;
}

/** The id that Git gives to a file of this text. */
function gitBlobId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
