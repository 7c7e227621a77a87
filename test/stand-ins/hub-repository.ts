import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sizeOf, writeAtomically } from './hub-files.ts';

/** A file of one commit. */
export interface FileEntry {
  path: string;
  /** Git's hash of the content, or of the pointer where the file is in large file storage. */
  oid: string;
  sizeBytes: number;
  sha256: string;
  isLfs: boolean;
  /** The commit that wrote it. */
  commit: string;
}

/** The files of a commit by path. */
export type FileTree = ReadonlyMap<string, FileEntry>;

export interface Commit {
  oid: string;
  parents: string[];
  /** How many commits there are up to this one. */
  depth: number;
  title: string;
  message: string;
  /** ISO 8601. */
  date: string;
}

/** What a new commit is to hold, from the files of the head and the id of the commit. */
export type Change = (files: FileTree, oid: string) => FileTree | Promise<FileTree>;

/** One dataset with its history, kept in a folder: objects by SHA-256, commits and trees as JSON, branches in one file. */
export interface Repository {
  id: string;
  isPrivate: boolean;
  createdAt: string;
  branches(): ReadonlyMap<string, string>;
  /** The id of the commit that a branch, `HEAD` or the id itself names. */
  resolve(revision: string): string | undefined;
  commit(oid: string): Promise<Commit>;
  files(oid: string): Promise<FileTree>;
  /** Commits from this one back, the newest first. */
  history(oid: string, range: { skip: number; limit: number }): Promise<Commit[]>;
  /** Adds a commit to a branch; one at a time, so that the head does not move under the change. */
  append(branch: string, about: { title: string; message: string }, change: Change): Promise<Commit>;
  /** Where an object is, or would be. What large file storage holds is apart from what commits brought along. */
  objectPath(sha256: string, isLfs: boolean): string;
  lfsSize(sha256: string): Promise<number | undefined>;
  /** A path for something unfinished. */
  scratchPath(): string;
}

interface Description {
  id: string;
  isPrivate: boolean;
  createdAt: string;
}

export interface Repositories {
  find(id: string): Repository | undefined;
  /** With a first commit that holds `files`; false when it was there already. */
  create(id: string, isPrivate: boolean, files: Record<string, string>): Promise<boolean>;
}

/** The repositories of a folder, with whatever an earlier run left in it. */
export async function openRepositories(dataDir: string): Promise<Repositories> {
  const repositories = new Map<string, Repository>();
  const root = join(dataDir, 'datasets');
  for (const namespace of existsSync(root) ? await readdir(root) : []) {
    for (const name of await readdir(join(root, namespace))) {
      const folder = join(root, namespace, name);
      // A folder without branches is one whose creation did not end.
      if (!existsSync(join(folder, 'branches.json'))) continue;
      await rm(join(folder, 'unfinished'), { recursive: true, force: true });
      const [description, branches] = await Promise.all(
        ['repository.json', 'branches.json'].map((file) => readJson(join(folder, file))),
      );
      repositories.set(`${namespace}/${name}`, open(folder, description as Description, branches as object));
    }
  }
  async function create(id: string, isPrivate: boolean, files: Record<string, string>): Promise<boolean> {
    if (repositories.has(id)) return false;
    const description: Description = { id, isPrivate, createdAt: new Date().toISOString() };
    const folder = join(root, id);
    await writeAtomically(join(folder, 'repository.json'), JSON.stringify(description));
    const repository = open(folder, description, {});
    await repository.append('main', { title: 'initial commit', message: '' }, async (_none, oid) => {
      const entries = Object.entries(files).map(([path, text]) =>
        storeContent(repository, path, Buffer.from(text), oid),
      );
      return new Map((await Promise.all(entries)).map((entry) => [entry.path, entry]));
    });
    repositories.set(id, repository);
    return true;
  }
  let turn: Promise<unknown> = Promise.resolve();
  return {
    find: (id) => repositories.get(id),
    create: (...dataset) => {
      const created = turn.then(() => create(...dataset));
      turn = created.catch(() => undefined);
      return created;
    },
  };
}

function open(folder: string, description: Description, saved: object): Repository {
  let branches = new Map<string, string>(Object.entries(saved));
  let turn: Promise<unknown> = Promise.resolve();
  const commitPath = (oid: string) => join(folder, 'commits', `${oid}.json`);
  const treePath = (oid: string) => join(folder, 'trees', `${oid}.json`);

  const repository: Repository = {
    ...description,
    branches: () => branches,
    resolve: (revision) => {
      const branch = revision === 'HEAD' ? 'main' : revision.replace(/^refs\/heads\//, '');
      return branches.get(branch) ?? (isCommitId(revision) && existsSync(commitPath(revision)) ? revision : undefined);
    },
    commit: async (oid) => (await readJson(commitPath(oid))) as Commit,
    files: async (oid) => {
      const entries = (await readJson(treePath(oid))) as FileEntry[];
      return new Map(entries.map((entry) => [entry.path, entry]));
    },
    history: async (oid, { skip, limit }) => {
      const commits: Commit[] = [];
      let next: string | undefined = oid;
      for (let index = 0; next !== undefined && index < skip + limit; index += 1) {
        const commit = await repository.commit(next);
        if (index >= skip) commits.push(commit);
        next = commit.parents[0];
      }
      return commits;
    },
    append: (branch, { title, message }, change) => {
      const appended = turn.then(async () => {
        const head = branches.get(branch);
        const parent = head === undefined ? undefined : await repository.commit(head);
        const oid = createHash('sha1').update(`${head} ${title} ${randomUUID()}`).digest('hex');
        const files = await change(head === undefined ? new Map() : await repository.files(head), oid);
        const commit: Commit = {
          oid,
          parents: head === undefined ? [] : [head],
          depth: (parent?.depth ?? 0) + 1,
          title,
          message,
          date: new Date().toISOString(),
        };
        // What a reader finds by following a branch is there before the branch leads to it.
        await writeAtomically(treePath(oid), JSON.stringify([...files.values()]));
        await writeAtomically(commitPath(oid), JSON.stringify(commit));
        const moved = new Map(branches).set(branch, oid);
        await writeAtomically(join(folder, 'branches.json'), JSON.stringify(Object.fromEntries(moved)));
        branches = moved;
        return commit;
      });
      turn = appended.catch(() => undefined);
      return appended;
    },
    objectPath: (sha256, isLfs) => join(folder, isLfs ? 'lfs' : 'objects', sha256.slice(0, 2), sha256),
    lfsSize: (sha256) => sizeOf(repository.objectPath(sha256, true)),
    scratchPath: () => join(folder, 'unfinished', randomUUID()),
  };
  return repository;
}

/** Keeps a content that came along with a commit. */
export async function storeContent(
  repository: Repository,
  path: string,
  content: Buffer,
  commit: string,
): Promise<FileEntry> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  await writeAtomically(repository.objectPath(sha256, false), content);
  return { path, oid: gitHash(content), sizeBytes: content.length, sha256, isLfs: false, commit };
}

/** The text that Git keeps of a file in large file storage. */
export function pointerOf({ sha256, sizeBytes }: { sha256: string; sizeBytes: number }): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${sizeBytes}\n`;
}

/** Git's hash of a blob. */
export function gitHash(content: string | Buffer): string {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const isCommitId = (text: string) => /^[0-9a-f]{40}$/.test(text);

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
