import { createHash } from 'node:crypto';
import { type Commit, type FileEntry, type FileTree, pointerOf, type Repository } from './hub-repository.ts';

/** A file or a folder as the Hub lists it. */
export interface TreeNode {
  type: 'file' | 'directory';
  oid: string;
  size: number;
  path: string;
  lfs?: { oid: string; size: number; pointerSize: number };
  lastCommit?: { id: string; title: string; date: string };
}

/** Files and folders in a folder ('' is the root), by path; undefined when there is no such folder. */
export function listFolder(files: FileTree, folder: string, isRecursive: boolean): TreeNode[] | undefined {
  const prefix = folder === '' ? '' : `${folder}/`;
  const inside = [...files.values()].filter(({ path }) => path.startsWith(prefix));
  if (inside.length === 0 && folder !== '') return undefined;
  const folders = new Set(inside.flatMap(({ path }) => foldersOf(path).filter((name) => name.length > folder.length)));
  return [...inside.map(fileNode), ...[...folders].map((path) => folderNode(files, path))]
    .filter(({ path }) => isRecursive || !path.slice(prefix.length).includes('/'))
    .sort((a, b) => compare(a.path, b.path));
}

/** The file or folder at a path. */
export function findNode(files: FileTree, path: string): TreeNode | undefined {
  const file = files.get(path);
  if (file) return fileNode(file);
  return [...files.keys()].some((other) => other.startsWith(`${path}/`)) ? folderNode(files, path) : undefined;
}

/** The nodes with the commit that last changed each of them. */
export async function withLastCommit(repository: Repository, files: FileTree, nodes: TreeNode[]): Promise<TreeNode[]> {
  const known = new Map<string, Promise<Commit>>();
  const read = (oid: string) => {
    const commit = known.get(oid) ?? repository.commit(oid);
    known.set(oid, commit);
    return commit;
  };
  return Promise.all(
    nodes.map(async (node) => {
      const file = files.get(node.path);
      const oids = file ? [file.commit] : below(files, node.path).map(({ commit }) => commit);
      const commits = await Promise.all([...new Set(oids)].map(read));
      const { oid: id, title, date } = commits.reduce((a, b) => (b.depth > a.depth ? b : a));
      return { ...node, lastCommit: { id, title, date } };
    }),
  );
}

/** All folders that a file is in, the outermost first. */
export function foldersOf(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const below = (files: FileTree, folder: string) =>
  [...files.values()].filter(({ path }) => path.startsWith(`${folder}/`));

function fileNode(file: FileEntry): TreeNode {
  const { path, oid, sizeBytes: size, sha256, isLfs } = file;
  const lfs = { oid: sha256, size, pointerSize: pointerOf(file).length };
  return { type: 'file', oid, size, path, ...(isLfs && { lfs }) };
}

function folderNode(files: FileTree, path: string): TreeNode {
  const hash = createHash('sha1');
  for (const file of below(files, path)) hash.update(`${file.path} ${file.oid}\n`);
  return { type: 'directory', oid: hash.digest('hex'), size: 0, path };
}
