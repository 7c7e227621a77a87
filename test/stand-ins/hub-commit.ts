import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type Answer, entryNotFound, ok, refusal, revisionNotFound } from './hub-answer.ts';
import {
  type Commit,
  type FileEntry,
  type FileTree,
  gitHash,
  pointerOf,
  type Repository,
  storeContent,
} from './hub-repository.ts';
import { chunksOf, type HubRequest, parseJson } from './hub-request.ts';
import { foldersOf } from './hub-tree.ts';

/** Bounds of what a commit may carry. */
export interface CommitLimits {
  /** Size of the whole body. */
  maxCommitBytes: number;
  /** Commits of one dataset within an hour. */
  commitsPerHour: number;
}

/** The Hub takes larger files only by large file storage. */
const MAX_REGULAR_BYTES = 10 * 2 ** 20;
const HOUR_MS = 3_600_000;

const path = z.string();
const line = z.discriminatedUnion('key', [
  z.object({
    key: z.literal('header'),
    value: z.object({
      summary: z.string().min(1),
      description: z.string().default(''),
      parentCommit: z.string().optional(),
    }),
  }),
  z.object({
    key: z.literal('file'),
    value: z.object({ path, content: z.string(), encoding: z.enum(['utf-8', 'base64']).default('utf-8') }),
  }),
  z.object({
    key: z.literal('lfsFile'),
    value: z.object({
      path,
      algo: z.literal('sha256').default('sha256'),
      oid: z.string().regex(/^[0-9a-f]{64}$/),
      size: z.int().min(0).optional(),
    }),
  }),
  z.object({ key: z.literal('deletedFile'), value: z.object({ path }) }),
  z.object({ key: z.literal('deletedFolder'), value: z.object({ path }) }),
  z.object({
    key: z.literal('copyFile'),
    value: z.object({ path, srcPath: z.string(), srcRevision: z.string().optional() }),
  }),
]);
type Line = z.infer<typeof line>;

/** A change to files that are not known yet. */
type Operation = (files: Map<string, FileEntry>, oid: string) => Promise<void>;

/**
 * `POST commit/{rev}`: the operations in order, in one commit, or none of them. As on the Hub, a commit that changes
 * nothing is a commit all the same: it is the clients that leave such a one out.
 */
export function createCommits({ maxCommitBytes, commitsPerHour }: CommitLimits) {
  const landed = new Map<string, number[]>();

  return async ({ request, url, part, repository }: HubRequest): Promise<Answer> => {
    refusePullRequest(url);
    const branch = part('rev').replace(/^refs\/heads\//, '');
    if (!repository.branches().has(branch)) throw revisionNotFound(branch);
    const recent = (landed.get(repository.id) ?? []).filter((time) => time > Date.now() - HOUR_MS);
    if (recent.length >= commitsPerHour) throw tooManyCommits(commitsPerHour);

    const { header, operations } = await readOperations(request, repository, maxCommitBytes);
    const commit = await repository.append(
      branch,
      { title: header.summary, message: header.description },
      async (files, oid) => {
        if (header.parentCommit !== undefined && header.parentCommit !== repository.branches().get(branch)) {
          throw refusal(412, 'The branch was updated since you opened this page. Please refresh and try again.');
        }
        return apply(files, operations, oid);
      },
    );
    landed.set(repository.id, [...(landed.get(repository.id) ?? []), Date.now()]);
    return ok({ success: true, commitOid: commit.oid, commitUrl: commitUrl(url, repository, commit), hookOutput: '' });
  };
}

/** @throws {Refusal} for a request that asks for a pull request, which the stand-in does not keep. */
export function refusePullRequest(url: URL): void {
  if (url.searchParams.has('create_pr')) throw refusal(403, 'This stand-in does not keep pull requests');
}

function tooManyCommits(commitsPerHour: number): Error {
  return refusal(
    429,
    `You have exceeded the rate limit for repository commits (${commitsPerHour} per hour). You can retry this action in about 1 hour.`,
    { 'Retry-After': '3600' },
  );
}

async function apply(before: FileTree, operations: Operation[], oid: string): Promise<FileTree> {
  const files = new Map(before);
  for (const operation of operations) await operation(files, oid);
  const blocked = [...files.keys()].find((file) => foldersOf(file).some((folder) => files.has(folder)));
  if (blocked !== undefined) throw refusal(400, `A file is in the way of "${blocked}"`);
  return files;
}

/** The header and the operations of a body in NDJSON; contents go to disk line by line. */
async function readOperations(request: IncomingMessage, repository: Repository, maxBytes: number) {
  let header: Extract<Line, { key: 'header' }>['value'] | undefined;
  const operations: Operation[] = [];
  for await (const text of lines(request, maxBytes)) {
    const parsed = parseJson(text, line, `Line ${operations.length + (header ? 2 : 1)} of the commit`);
    if (parsed.key === 'header') {
      if (header || operations.length > 0) throw refusal(400, 'The header must be the first line, and the only one');
      header = parsed.value;
    } else {
      if (!header) throw refusal(400, 'The header must be the first line, and the only one');
      operations.push(await toOperation(parsed, repository));
    }
  }
  if (!header) throw refusal(400, 'The commit has no header');
  return { header, operations };
}

async function* lines(request: IncomingMessage, maxBytes: number): AsyncGenerator<string> {
  let sizeBytes = 0;
  let pieces: Buffer[] = [];
  for await (const chunk of chunksOf(request)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw refusal(413, 'Payload too large');
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const text = Buffer.concat([...pieces, chunk.subarray(start, end)]).toString('utf8');
      if (text.trim() !== '') yield text;
      pieces = [];
      start = end + 1;
    }
    pieces.push(chunk.subarray(start));
  }
  const last = Buffer.concat(pieces).toString('utf8');
  if (last.trim() !== '') yield last;
}

async function toOperation(parsed: Exclude<Line, { key: 'header' }>, repository: Repository): Promise<Operation> {
  const name = checkedPath(parsed.value.path);
  switch (parsed.key) {
    case 'file': {
      const content = Buffer.from(parsed.value.content, parsed.value.encoding === 'base64' ? 'base64' : 'utf8');
      if (content.length > MAX_REGULAR_BYTES) {
        throw refusal(
          400,
          `Your push was rejected because it contains files larger than 10 MiB. Please use https://git-lfs.github.com/ to store large files. Offending files: - ${name}`,
        );
      }
      const stored = await storeContent(repository, name, content, '');
      return async (files, oid) => put(files, { ...stored, commit: oid });
    }
    case 'lfsFile': {
      const { oid: sha256, size } = parsed.value;
      return async (files, oid) => {
        const sizeBytes = await repository.lfsSize(sha256);
        if (sizeBytes === undefined || (size !== undefined && size !== sizeBytes)) throw danglingPointer(name);
        const entry = { path: name, sha256, sizeBytes, isLfs: true, commit: oid };
        put(files, { ...entry, oid: gitHash(pointerOf(entry)) });
      };
    }
    case 'deletedFile':
      return async (files) => {
        if (!files.delete(name)) throw entryNotFound(`A file with this name doesn't exist: ${name}`);
      };
    case 'deletedFolder':
      return async (files) => {
        const inside = [...files.keys()].filter((file) => file.startsWith(`${name}/`));
        if (inside.length === 0) throw entryNotFound(`A folder with this name doesn't exist: ${name}`);
        for (const file of inside) files.delete(file);
      };
    case 'copyFile': {
      const { srcPath, srcRevision } = parsed.value;
      return async (files, oid) => {
        const source = srcRevision === undefined ? files : await revisionFiles(repository, srcRevision);
        const file = source.get(srcPath);
        if (!file) throw entryNotFound(`A file with this name doesn't exist: ${srcPath}`);
        put(files, { ...file, path: name, commit: oid });
      };
    }
  }
}

async function revisionFiles(repository: Repository, revision: string): Promise<FileTree> {
  const oid = repository.resolve(revision);
  if (oid === undefined) throw revisionNotFound(revision);
  return repository.files(oid);
}

/** A file that stays what it is keeps the commit that wrote it. */
function put(files: Map<string, FileEntry>, file: FileEntry): void {
  if (files.get(file.path)?.oid !== file.oid) files.set(file.path, file);
}

function danglingPointer(name: string): Error {
  return refusal(
    400,
    `Your push was rejected because an LFS pointer pointed to a file that does not exist. For instance, this can happen if you used git push --no-verify to push your changes. Offending file: - ${name}`,
  );
}

function checkedPath(name: string): string {
  const isBad = (folder: string) => folder === '' || folder === '.' || folder === '..' || folder === '.git';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (name.split('/').some(isBad) || /[\u0000-\u001f\\]/.test(name)) {
    throw refusal(422, `Invalid path in repository: ${name}`);
  }
  return name;
}

const commitUrl = ({ origin }: URL, { id }: Repository, { oid }: Commit) => `${origin}/datasets/${id}/commit/${oid}`;
