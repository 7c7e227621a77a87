import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type Answer, entryNotFound, nextPage, ok, refusal } from './hub-answer.ts';
import { refusePullRequest } from './hub-commit.ts';
import { type FileEntry, type FileTree, pointerOf, type Repositories, type Repository } from './hub-repository.ts';
import { filesOf, type HubRequest, parseJson, readBody, revisionOf, wholeNumber } from './hub-request.ts';
import { findNode, listFolder, type TreeNode, withLastCommit } from './hub-tree.ts';
import { GIT_ATTRIBUTES, isForLfs } from './hub-upload-mode.ts';

const MAX_JSON_BYTES = 2 ** 20;
const MAX_PAGE = 1000;

const creation = z.object({
  name: z.string(),
  organization: z.string(),
  type: z.literal('dataset', 'This stand-in keeps datasets only'),
  visibility: z.enum(['public', 'private']).nullish(),
  private: z.boolean().nullish(),
  files: z.array(z.object({ path: z.string(), content: z.string(), encoding: z.string().optional() })).optional(),
});
const preupload = z.object({
  gitAttributes: z.string().optional(),
  files: z.array(z.object({ path: z.string(), size: z.int().min(0), sample: z.base64() })),
});
const pathsQuestion = z.object({ paths: z.array(z.string()).max(MAX_PAGE), expand: z.boolean().optional() });

/** `POST /api/repos/create` */
export async function createDataset(repositories: Repositories, request: IncomingMessage, url: URL): Promise<Answer> {
  const asked = parseJson(await readBody(request, 10 * MAX_JSON_BYTES), creation, 'The repository');
  const id = `${asked.organization}/${asked.name}`;
  const link = `${url.origin}/datasets/${id}`;
  if (!isRepositoryId(id)) throw refusal(400, `Invalid repository name: ${id}`);
  const files = asked.files?.map(({ path, content, encoding }) => [
    path,
    encoding === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : content,
  ]);
  const isPrivate = asked.visibility === 'private' || asked.private === true;
  const allFiles = { '.gitattributes': GIT_ATTRIBUTES, ...Object.fromEntries(files ?? []) };
  if (!(await repositories.create(id, isPrivate, allFiles))) {
    const message = `You already created this dataset repo: ${id}`;
    return { status: 409, headers: { 'X-Error-Message': message }, json: { error: message, url: link } };
  }
  return ok({ url: link, name: id, id });
}

/** `POST /api/validate-yaml`, which the Python client asks before it commits a card. */
export async function validateCard(request: IncomingMessage): Promise<Answer> {
  const { content } = parseJson(await readBody(request, MAX_JSON_BYTES), z.object({ content: z.string() }), 'The card');
  const [, frontMatter = ''] = /^---\r?\n(.*?)^---\s*$/ms.exec(content) ?? [];
  const errors = parseDocument(frontMatter).errors.map(({ message }) => ({ message }));
  return { status: errors.length === 0 ? 200 : 400, json: { errors, warnings: [] } };
}

/** Safe as a folder, too. */
export function isRepositoryId(id: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(id) && !/\.\.|\.git$/.test(id) && id.length <= 96;
}

/** `GET /api/datasets/{id}` and `…/revision/{rev}` */
export async function datasetInfo(hubRequest: HubRequest): Promise<Answer> {
  const { url, repository } = hubRequest;
  const { oid, files } = await filesOf(hubRequest);
  const { date } = await repository.commit(oid);
  const all: Record<string, unknown> = {
    author: repository.id.split('/')[0],
    cardData: {},
    createdAt: repository.createdAt,
    disabled: false,
    downloads: 0,
    gated: false,
    lastModified: date,
    likes: 0,
    private: repository.isPrivate,
    sha: oid,
    siblings: [...files.values()].map((file) => sibling(file, url.searchParams.has('blobs'))),
    tags: [],
    usedStorage: [...files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
  const wanted = [...url.searchParams.getAll('expand'), ...url.searchParams.getAll('expand[]')];
  const shown = wanted.length === 0 ? all : Object.fromEntries(wanted.map((name) => [name, all[name]]));
  return ok({ _id: repository.id, id: repository.id, ...shown }, { 'X-Repo-Commit': oid });
}

function sibling(file: FileEntry, hasBlobs: boolean) {
  const { path, sizeBytes, oid, sha256, isLfs } = file;
  if (!hasBlobs) return { rfilename: path };
  const lfs = { sha256, size: sizeBytes, pointerSize: pointerOf(file).length };
  return { rfilename: path, size: sizeBytes, blobId: oid, ...(isLfs && { lfs }) };
}

/** `GET …/refs` */
export function listRefs({ url, repository }: HubRequest): Answer {
  const branches = [...repository.branches()].map(([name, targetCommit]) => ({
    name,
    ref: `refs/heads/${name}`,
    targetCommit,
  }));
  return ok({ branches, converts: [], tags: [], ...(url.searchParams.has('include_prs') && { pullRequests: [] }) });
}

/** `GET …/tree/{rev}/{path}`, in pages whose order is that of the paths. */
export async function listTree(hubRequest: HubRequest): Promise<Answer> {
  const { url, part, repository } = hubRequest;
  const { oid, files } = await filesOf(hubRequest);
  const folder = part('path').replace(/\/$/, '');
  const nodes = listFolder(files, folder, isAsked(url.searchParams.get('recursive')));
  if (!nodes) throw entryNotFound(`${folder} does not exist on "${part('rev')}"`);
  const isExpanded = isAsked(url.searchParams.get('expand'));
  const limit = wholeNumber(url, 'limit', { standard: isExpanded ? 50 : MAX_PAGE, minimum: 1, maximum: MAX_PAGE });
  const cursor = Buffer.from(url.searchParams.get('cursor') ?? '', 'base64url').toString('utf8');
  const rest = nodes.filter(({ path }) => path > cursor);
  const page = rest.slice(0, limit);
  const last = Buffer.from(page.at(-1)?.path ?? '').toString('base64url');
  return ok(await expanded(repository, files, page, isExpanded), {
    'X-Repo-Commit': oid,
    ...(rest.length > limit && nextPage(url, { limit: String(limit), cursor: last })),
  });
}

/** `POST …/paths-info/{rev}`: what is there of some paths. The Python client sends a form. */
export async function pathsInfo(hubRequest: HubRequest): Promise<Answer> {
  const { request, repository } = hubRequest;
  const body = await readBody(request, MAX_JSON_BYTES);
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const form = new URLSearchParams(body);
  const asked = isForm
    ? { paths: form.getAll('paths'), expand: isAsked(form.get('expand')) }
    : parseJson(body, pathsQuestion, 'The question');
  const { oid, files } = await filesOf(hubRequest);
  const nodes = asked.paths
    .map((path) => findNode(files, path.replace(/\/$/, '')))
    .filter((node) => node !== undefined);
  return ok(await expanded(repository, files, nodes, asked.expand === true), { 'X-Repo-Commit': oid });
}

/** `GET …/commits/{rev}`, the newest first, in pages. */
export async function listCommits(hubRequest: HubRequest): Promise<Answer> {
  const { url, repository } = hubRequest;
  const oid = revisionOf(hubRequest);
  const limit = wholeNumber(url, 'limit', { standard: 50, minimum: 1, maximum: MAX_PAGE });
  const page = wholeNumber(url, 'p', {});
  const commits = await repository.history(oid, { skip: page * limit, limit });
  const { depth } = await repository.commit(oid);
  const author = { user: repository.id.split('/')[0], avatar: '' };
  return ok(
    commits.map(({ oid: id, title, message, date }) => ({ id, title, message, authors: [author], date })),
    { 'X-Total-Count': depth, ...(depth > (page + 1) * limit && nextPage(url, { p: String(page + 1) })) },
  );
}

/** `POST …/preupload/{rev}`: which files go to large file storage, and what is there under their names now. */
export async function preuploadFiles(hubRequest: HubRequest): Promise<Answer> {
  const { request, url, repository } = hubRequest;
  refusePullRequest(url);
  const asked = parseJson(await readBody(request, MAX_JSON_BYTES), preupload, 'The list of files');
  const { oid: commitOid, files } = await filesOf(hubRequest);
  const gitAttributes = asked.gitAttributes ?? (await readText(repository, files.get('.gitattributes')));
  return ok({
    commitOid,
    files: asked.files.map(({ path, size, sample }) => {
      const isLfs = isForLfs(gitAttributes, path, size, Buffer.from(sample, 'base64'));
      const there = files.get(path);
      const oid = there && (there.isLfs ? there.sha256 : there.oid);
      return { path, uploadMode: isLfs ? 'lfs' : 'regular', shouldIgnore: false, ...(oid && { oid }) };
    }),
  });
}

const isAsked = (value: string | null) => /^(true|1)$/i.test(value ?? '');

function expanded(repository: Repository, files: FileTree, nodes: TreeNode[], isExpanded: boolean) {
  return isExpanded ? withLastCommit(repository, files, nodes) : nodes;
}

async function readText(repository: Repository, file: FileEntry | undefined): Promise<string> {
  return file ? readFile(repository.objectPath(file.sha256, file.isLfs), 'utf8') : '';
}
