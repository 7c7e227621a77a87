import { datasetInfo, HUB_URL, listCommits, listFiles } from '@huggingface/hub';
import { commitChange, type HubChange, type HubCommitResult, type HubFile } from './hub-commit.ts';
import { createHubRequests, type HubPatience } from './hub-requests.ts';
import { createUploader, type HubObject } from './hub-upload.ts';
import { asSecret, type Secret } from './secret.ts';

/** A dataset repository on the Hugging Face Hub. */
export interface HubDatasetOptions extends HubPatience {
  /** Such as `https://huggingface.co`, the default. */
  endpoint?: string;
  /** Begins with `hf_`; needs write access. */
  token: string | Secret;
  /** `namespace/name` */
  repo: string;
  branch: string;
  /** Default the one of Node. */
  fetch?: typeof fetch;
}

/** One branch of a dataset on the Hub. Its methods throw what `HubRequests` does. */
export interface HubDataset {
  /** Its page. */
  url: string;
  readHead(): Promise<string>;
  /** All files of one commit. */
  listFiles(commit: string): Promise<HubFile[]>;
  readText(path: string, commit: string): Promise<string>;
  /** Brings content to the Hub by its hash; readers see it once a commit names it. */
  upload(object: HubObject): Promise<void>;
  commit(change: HubChange): Promise<HubCommitResult>;
}

/** How far back a commit is looked for whose answer was lost. */
const COMMITS_LOOKED_AT = 200;

/**
 * Opens a dataset for writing. What reads uses the Hub's client; uploads ahead of a commit, and commits of what was
 * uploaded, it cannot do. The retries are ours throughout.
 */
export function openHubDataset(options: HubDatasetOptions): HubDataset {
  const { endpoint = HUB_URL, token, repo, branch, ...rest } = options;
  const origin = new URL(endpoint).origin;
  const isHub = (url: string) => new URL(url).origin === origin;
  const dataset = `${repo}, branch ${branch}, ${endpoint}`;
  const requests = createHubRequests(dataset, { ...rest, token: asSecret(token) });
  const api = `${endpoint}/api/datasets/${repo}`;

  const client = (work: string) => ({
    hubUrl: endpoint,
    repo: { type: 'dataset' as const, name: repo },
    fetch: (url: string | URL | Request, init?: RequestInit) =>
      requests.send({
        url: String(url),
        work,
        isAuthorized: isHub(String(url)),
        ...(init ? { init: () => init } : {}),
      }),
  });

  const readHead = async () => {
    const info = await datasetInfo({
      ...client('a look at its head'),
      name: repo,
      revision: branch,
      additionalFields: ['sha'],
    });
    return info.sha;
  };

  const list = async (commit: string) => {
    const files: HubFile[] = [];
    const entries = listFiles({ ...client('a look at its files'), revision: commit, recursive: true });
    for await (const { type, path, size, oid = '', lfs } of entries) {
      if (type === 'file') files.push({ path, sizeBytes: lfs?.size ?? size, oid, ...(lfs ? { sha256: lfs.oid } : {}) });
    }
    return files;
  };

  const readChild = async (oid: string) => {
    let child: string | null = null;
    let count = 0;
    const revision = encodeURIComponent(branch);
    for await (const commit of listCommits({ ...client('a look at its history'), revision, batchSize: 50 })) {
      if (commit.oid === oid) return child;
      child = commit.oid;
      count += 1;
      if (count === COMMITS_LOOKED_AT) return undefined;
    }
    return undefined;
  };

  const upload = createUploader(
    {
      dataset,
      branch,
      batchUrl: `${endpoint}/datasets/${repo}.git/info/lfs/objects/batch`,
      isHub,
    },
    requests,
  );

  const history = {
    commitUrl: `${api}/commit/${encodeURIComponent(branch)}`,
    preuploadUrl: `${api}/preupload/${encodeURIComponent(branch)}`,
    readChild,
    listFiles: list,
  };

  return {
    url: `${endpoint}/datasets/${repo}`,
    readHead,
    listFiles: list,
    readText: async (path, commit) => {
      const url = `${endpoint}/datasets/${repo}/resolve/${commit}/${path}`;
      return await (await requests.send({ url, work: `the reading of ${path}`, isAuthorized: true })).text();
    },
    upload,
    commit: (change) => commitChange(change, history, requests),
  };
}
