import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccess, type Role } from './hub-access.ts';
import { type Answer, ok, Refusal, refusal, send } from './hub-answer.ts';
import { type CommitLimits, createCommits } from './hub-commit.ts';
import {
  createDataset,
  datasetInfo,
  listCommits,
  listRefs,
  listTree,
  pathsInfo,
  preuploadFiles,
  validateCard,
} from './hub-datasets.ts';
import { createHubFaults, type HubFaults, type StepFault } from './hub-faults.ts';
import { createLargeFiles } from './hub-lfs.ts';
import { type Commit, type FileEntry, openRepositories, type Repository } from './hub-repository.ts';
import { type HubRequest, readBody } from './hub-request.ts';
import { createDownloads } from './hub-resolve.ts';
import { decode, type Found, findRoute, route } from './hub-route.ts';
import { createSigner } from './hub-signature.ts';
import { GIT_ATTRIBUTES } from './hub-upload-mode.ts';

export interface HubStandInOptions extends Partial<CommitLimits> {
  /** Where repositories are kept and, from an earlier run, found. Default: a new folder that goes when it closes. */
  dataDir?: string;
  /** Default: any free port. */
  port?: number;
  /** The token that may write. Default `hf_test`. */
  token?: string;
  /** A token that may only read. Default: none. */
  readToken?: string;
  /** Files larger than this are uploaded in parts of this size. Default 16 MB. */
  partSizeBytes?: number;
  /** The largest file that is taken. Default 50 GB. */
  maxFileBytes?: number;
}

/**
 * The part of the Hugging Face Hub that its clients use for datasets, on 127.0.0.1: accounts, repositories with their
 * history, large file storage, commits and downloads. It refuses what the Hub refuses. Without Xet: JavaScript clients
 * fall back by themselves, Python ones want `HF_HUB_DISABLE_XET=1`.
 *
 * @see https://huggingface.co/docs/hub/api
 */
export interface HubStandIn extends HubFaults {
  url: string;
  /** Makes an empty dataset, as `POST /api/repos/create` does, unless it is there. */
  create(repository: string, options?: { isPrivate?: boolean }): Promise<void>;
  /** The files of a revision (default `main`), by path. */
  files(repository: string, revision?: string): Promise<FileEntry[]>;
  content(repository: string, path: string, revision?: string): Promise<Buffer>;
  /** Commits of `main`, the newest first. */
  commits(repository: string): Promise<Commit[]>;
  close(): Promise<void>;
}

/** An answer, or the first half of it; none where the connection is cut. */
interface Outcome {
  answer: Answer;
  isCut?: boolean;
}

const notFound = refusal(404, 'Not Found').answer;
const MAX_CONTROL_BYTES = 2 ** 20;

export async function startHub(options: HubStandInOptions = {}): Promise<HubStandIn> {
  const { port = 0, token = 'hf_test', readToken, partSizeBytes = 16_000_000, maxFileBytes = 50e9 } = options;
  const { maxCommitBytes = 64 * 2 ** 20, commitsPerHour = Number.POSITIVE_INFINITY } = options;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'hub-')));
  const repositories = await openRepositories(dataDir);
  const faults = createHubFaults();
  // Addresses that were signed before a restart stay good, as those of the real storage would.
  const signer = createSigner(token);
  const admit = createAccess({ token, readToken, signer });
  const largeFiles = createLargeFiles({ signer, partSizeBytes, maxFileBytes });
  const downloads = createDownloads(signer);

  const dataset = '/api/datasets/:namespace/:name';
  const git = '/datasets/:namespace/:name.git/info/lfs/objects';
  const files = '/datasets/:namespace/:name';
  const storage = '/storage/:namespace/:name/:oid';
  const routes = [
    route('GET /api/whoami-v2', 'whoami', 'token', (_, role) => whoAmI(role)),
    route('POST /api/repos/create', 'create', 'write', ({ request, url }) => createDataset(repositories, request, url)),
    route('POST /api/validate-yaml', 'info', 'all', ({ request }) => validateCard(request)),
    route(`GET ${dataset}`, 'info', 'read', datasetInfo),
    route(`GET ${dataset}/revision/:rev`, 'info', 'read', datasetInfo),
    route(`GET ${dataset}/refs`, 'refs', 'read', listRefs),
    route(`GET ${dataset}/tree/:rev/:path(.*)?`, 'tree', 'read', listTree),
    route(`POST ${dataset}/paths-info/:rev`, 'paths', 'read', pathsInfo),
    route(`GET ${dataset}/commits/:rev`, 'commits', 'read', listCommits),
    route(`POST ${dataset}/preupload/:rev`, 'preupload', 'write', preuploadFiles),
    route(`POST ${dataset}/commit/:rev`, 'commit', 'write', createCommits({ maxCommitBytes, commitsPerHour })),
    route(`POST ${git}/batch`, 'batch', 'write', largeFiles.batch),
    route(`POST ${git}/verify`, 'verify', 'write', largeFiles.verify),
    route(`PUT ${storage}`, 'put', 'signed', largeFiles.put),
    route('POST /api/complete_multipart/:namespace/:name/:oid', 'complete', 'signed', largeFiles.complete),
    route(`GET,HEAD ${files}/resolve/:rev/:path(.*)`, 'resolve', 'read', downloads.resolve),
    route(`GET,HEAD ${files}/raw/:rev/:path(.*)`, 'resolve', 'read', downloads.raw),
    route(`GET,HEAD ${storage}`, 'download', 'signed', downloads.download),
  ];

  function whoAmI(role: Role): Answer {
    const accessToken = { displayName: 'stand-in', role: role === 'writer' ? 'write' : 'read' };
    return ok({
      type: 'user',
      id: 'stand-in',
      name: 'stand-in',
      fullname: 'Stand-in',
      orgs: [],
      auth: { type: 'access_token', accessToken: { ...accessToken, createdAt: '2025-01-01T00:00:00.000Z' } },
    });
  }

  async function work(found: Found, request: IncomingMessage, url: URL): Promise<Answer> {
    const { id, groups, answer } = found;
    try {
      const repository = id === undefined ? undefined : repositories.find(id);
      const role = admit(found, repository, request, url);
      const part: HubRequest['part'] = (name) => decode(groups[name] ?? (name === 'rev' ? 'main' : ''));
      // Routes without a dataset do not look at it.
      return await answer({ request, url, part, repository: repository as Repository }, role);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return error.answer;
    }
  }

  /** The work of a request with the fault that it meets; undefined when there is to be no answer. */
  async function workWith(
    fault: StepFault | undefined,
    found: Found,
    request: IncomingMessage,
    url: URL,
  ): Promise<Outcome | undefined> {
    const told = fault?.kind === 'fail' ? toldAnswer(fault.status, fault.headers) : undefined;
    if (fault?.when === 'before') {
      if (told) return { answer: told };
      if (fault.kind === 'stall') await faults.wait(fault.ms);
      if (fault.kind === 'drop') {
        if (!hasBody(request)) return { answer: await work(found, request, url), isCut: true };
        await request[Symbol.asyncIterator]().next();
        return undefined;
      }
    }
    const answer = await work(found, request, url);
    if (fault?.when !== 'after' || answer.status >= 400) return { answer };
    if (fault.kind === 'stall') await faults.wait(fault.ms);
    if (fault.kind === 'drop') return undefined;
    return { answer: told ?? answer };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'stand-in'}`);
    const line = `${request.method} ${url.pathname}`;
    if (url.pathname.startsWith('/_stand-in/')) {
      const body = await readBody(request, MAX_CONTROL_BYTES);
      const control = faults.controls[line];
      await send(request, response, control ? ok(control(JSON.parse(body || '{}'))) : notFound);
      return;
    }
    response.setHeader('X-Request-Id', `Root=1-${randomUUID()}`);
    const status = faults.arrive(line);
    if (status !== undefined) {
      await send(request, response, toldAnswer(status));
      return;
    }
    const found = findRoute(routes, request, url);
    const result = await faults.hold(
      async (): Promise<Outcome | undefined> =>
        found ? workWith(faults.meet(found.step), found, request, url) : { answer: notFound },
    );
    if (result) await send(request, response, result.answer, result.isCut);
    else request.socket.destroy();
  }

  const server = createServer((request, response) => {
    // The client went away in the middle of its request, or the stand-in is closing.
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  function existing(id: string): Repository {
    const repository = repositories.find(id);
    if (!repository) throw new Error(`There is no dataset ${id}`);
    return repository;
  }
  async function treeOf(id: string, revision: string) {
    const oid = existing(id).resolve(revision);
    if (oid === undefined) throw new Error(`${id} has no revision ${revision}`);
    return existing(id).files(oid);
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...faults,
    create: async (id, { isPrivate = false } = {}) => {
      await repositories.create(id, isPrivate, { '.gitattributes': GIT_ATTRIBUTES });
    },
    files: async (id, revision = 'main') => [...(await treeOf(id, revision)).values()],
    content: async (id, path, revision = 'main') => {
      const file = (await treeOf(id, revision)).get(path);
      if (!file) throw new Error(`${id} has no file ${path} at ${revision}`);
      return readFile(existing(id).objectPath(file.sha256, file.isLfs));
    },
    commits: async (id) => {
      const head = existing(id).resolve('main');
      return head === undefined ? [] : existing(id).history(head, { skip: 0, limit: Number.POSITIVE_INFINITY });
    },
    async close() {
      faults.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function toldAnswer(status: number, headers: Record<string, string> = {}): Answer {
  return refusal(status, `Told to answer ${status}`, headers).answer;
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}
