import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startHub } from './hub.ts';

const script = `
import json, os
from huggingface_hub import HfApi, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

api, repo, kind = HfApi(), 'destaques/news', {'repo_type': 'dataset'}
api.create_repo(repo, **kind)
api.create_repo(repo, exist_ok=True, **kind)
shard = os.urandom(2500)
add = lambda path, content: api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo, **kind).oid
add('README.md', b'---\\nlanguage: pt\\n---\\n')
parent = add('data/a.parquet', shard)
assert add('data/a.parquet', shard) == parent
operations = [CommitOperationCopy('data/a.parquet', 'data/b.parquet'), CommitOperationDelete('README.md')]
commit = lambda operations: api.create_commit(
    repo, operations, commit_message='Change', parent_commit=parent, **kind)
commit(operations)
try:
    commit([CommitOperationAdd('c.txt', b'c')])
except HfHubHTTPError as error:
    status = error.response.status_code
with open(hf_hub_download(repo, 'data/b.parquet', **kind), 'rb') as file:
    same = file.read() == shard
print(json.dumps({
    'user': api.whoami()['name'],
    'files': [file.path for file in api.list_repo_tree(repo, recursive=True, expand=True, **kind)],
    'commits': [commit.title for commit in api.list_repo_commits(repo, **kind)],
    'same': same,
    'stale': status,
}))
`;

const isThere = spawnSync('python3', ['-c', 'import huggingface_hub']).status === 0;

test('serves the Python client', { skip: !isThere && 'python3 has no huggingface_hub' }, async () => {
  const home = await mkdtemp(join(tmpdir(), 'hub-python-'));
  const hub = await startHub({ partSizeBytes: 1000 });
  try {
    const env = { ...process.env, HF_HOME: home, HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_test', HF_HUB_DISABLE_XET: '1' };
    const { stdout } = await promisify(execFile)('python3', ['-c', script], { env });
    assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1)!), {
      user: 'stand-in',
      files: ['.gitattributes', 'data', 'data/a.parquet', 'data/b.parquet'],
      commits: [
        'Change',
        'Upload data/a.parquet with huggingface_hub',
        'Upload README.md with huggingface_hub',
        'initial commit',
      ],
      same: true,
      stale: 412,
    });
  } finally {
    await hub.close();
    await rm(home, { recursive: true });
  }
});
