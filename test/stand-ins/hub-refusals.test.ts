import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type HubStandIn, type HubStandInOptions, startHub } from './hub.ts';

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const header = (value: object = {}) => ({ key: 'header', value: { summary: 'Change', ...value } });
const file = (path: string, content = 'text') => ({ key: 'file', value: { path, content } });

describe('Hub stand-in, by plain requests', () => {
  let hub: HubStandIn;
  let number = 0;
  let name: string;
  before(async () => {
    hub = await startHub({ partSizeBytes: 1000, maxFileBytes: 10_000, maxCommitBytes: 20 * 2 ** 20 });
  });
  after(() => hub.close());
  beforeEach(async () => {
    hub.recover();
    number += 1;
    name = `destaques/news-${number}`;
    await hub.create(name);
  });

  interface Sent {
    method?: string;
    body?: RequestInit['body'];
    headers?: Record<string, string>;
    base?: string;
    token?: string | null;
  }
  async function send(path: string, { method, body, headers, base = hub.url, token = 'hf_test' }: Sent = {}) {
    const response = await fetch(new URL(path, base), {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(token !== null && { Authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body, ...(body instanceof ReadableStream && { duplex: 'half' }) }),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  }
  const api = (path: string) => `/api/datasets/${name}${path}`;
  const change = (...lines: unknown[]) =>
    send(api('/commit/main'), { body: lines.map((line) => JSON.stringify(line)).join('\n') });
  const batch = (objects: object[], more: object = {}) =>
    send(`/datasets/${name}.git/info/lfs/objects/batch`, {
      body: JSON.stringify({ operation: 'upload', transfers: ['basic', 'multipart', 'xet'], objects, ...more }),
    });
  async function uploadAction(content: Uint8Array) {
    const { json } = await batch([{ oid: sha256(content), size: content.length }]);
    return json.objects[0].actions;
  }
  const put = (href: string, content: Uint8Array) =>
    send(href, { method: 'PUT', body: new Uint8Array(content), token: null });
  const pointer = (path: string, content: Uint8Array, size = content.length) => ({
    key: 'lfsFile',
    value: { path, algo: 'sha256', oid: sha256(content), size },
  });
  const headCount = async () => (await hub.commits(name)).length;

  test('does not tell a private dataset from one that is missing without a token', async () => {
    await hub.create(`destaques/private-${number}`, { isPrivate: true });
    for (const id of [`destaques/private-${number}`, 'destaques/none']) {
      const { status, json, headers } = await send(`/api/datasets/${id}`, { token: null });
      assert.deepEqual([status, json], [401, { error: 'Invalid username or password.' }]);
      assert.match(headers.get('www-authenticate')!, /^Bearer/);
    }
    assert.equal((await send(`/api/datasets/destaques/private-${number}`)).json.private, true);
    const missing = await send('/api/datasets/destaques/none');
    assert.deepEqual([missing.status, missing.headers.get('x-error-code')], [404, 'RepoNotFound']);
    const wrong = await send(api(''), { token: 'hf_wrong' });
    assert.deepEqual(
      [wrong.status, wrong.headers.get('x-error-message')],
      [401, 'Invalid credentials in Authorization header'],
    );
  });

  test('refuses a dataset of a bad name or of another kind', async () => {
    for (const [value, status] of [
      [{ name: '..', organization: 'destaques', type: 'dataset' }, 400],
      [{ name: 'a/b', organization: 'destaques', type: 'dataset' }, 400],
      [{ name: 'model', organization: 'destaques', type: 'model' }, 400],
      [{ name: 'news' }, 400],
    ] as const) {
      assert.equal((await send('/api/repos/create', { body: JSON.stringify(value) })).status, status);
    }
  });

  for (const [what, lines, status, message] of [
    ['without a header', [file('a.txt')], 400, /header must be the first line/],
    ['with nothing in it', [], 400, /no header/],
    ['with two headers', [header(), header()], 400, /the only one/],
    ['without a title', [header({ summary: '' })], 400, /summary/],
    ['with an operation that is none', [header(), { key: 'rename', value: {} }], 400, /Line 2/],
    ['with a hash that is none', [header(), { key: 'lfsFile', value: { path: 'a', oid: 'abc' } }], 400, /oid/],
    ['of an object that was never uploaded', [header(), pointer('a.parquet', randomBytes(9))], 400, /LFS pointer/],
    ['above the dataset', [header(), file('../a.txt')], 422, /Invalid path/],
    ['under an absolute path', [header(), file('/a.txt')], 422, /Invalid path/],
    ['with a backslash', [header(), file('..\\a.txt')], 422, /Invalid path/],
    ['of what Git keeps for itself', [header(), file('.git/config')], 422, /Invalid path/],
    ['below a file', [header(), file('a'), file('a/b')], 400, /in the way of "a\/b"/],
    ['that deletes what is not there', [header(), { key: 'deletedFile', value: { path: 'x' } }], 404, /doesn't exist/],
    [
      'of a deleted folder that is not there',
      [header(), { key: 'deletedFolder', value: { path: 'x' } }],
      404,
      /folder/,
    ],
    ['on an unknown parent', [header({ parentCommit: 'a'.repeat(40) })], 412, /branch was updated/],
    ['of 11 MiB in one regular file', [header(), file('a.txt', 'x'.repeat(11 * 2 ** 20))], 400, /larger than 10 MiB/],
    ['of 24 MiB in all', [1, 2, 3].map((index) => file(`${index}`, 'x'.repeat(8 * 2 ** 20))), 413, /too large/],
  ] as const) {
    test(`refuses a commit ${what}, and keeps nothing of it`, async () => {
      const all = status === 413 ? [header(), ...lines] : lines;
      const { status: answered, json, headers } = await change(...all);
      assert.equal(answered, status);
      assert.match(json.error, message);
      assert.match(decodeURIComponent(headers.get('x-error-message')!), message);
      assert.equal(await headCount(), 1);
    });
  }

  test('refuses lines that are not JSON, branches that are not there, and pull requests', async () => {
    assert.equal((await send(api('/commit/main'), { body: `${JSON.stringify(header())}\n{"key"` })).status, 400);
    const body = JSON.stringify(header());
    const elsewhere = await send(api('/commit/draft'), { body });
    assert.deepEqual([elsewhere.status, elsewhere.headers.get('x-error-code')], [404, 'RevisionNotFound']);
    const pullRequest = await send(api('/commit/main?create_pr=1'), { body });
    assert.deepEqual([pullRequest.status, pullRequest.json.error.includes('pull requests')], [403, true]);
    assert.equal(await headCount(), 1);
  });

  test('copies and deletes as told, the operations in order', async () => {
    await change(header(), file('data/a.txt', 'one'), file('data/deep/b.txt', 'two'));
    const old = (await hub.commits(name))[0]!.oid;
    const { json } = await change(
      header(),
      { key: 'copyFile', value: { path: 'copy.txt', srcPath: 'data/a.txt' } },
      { key: 'deletedFolder', value: { path: 'data' } },
      { key: 'copyFile', value: { path: 'back.txt', srcPath: 'data/deep/b.txt', srcRevision: old } },
    );
    assert.equal(json.commitOid, (await hub.commits(name))[0]!.oid);
    assert.equal(json.commitUrl, `${hub.url}/datasets/${name}/commit/${json.commitOid}`);
    const files = await hub.files(name);
    assert.deepEqual(files.map(({ path }) => path).sort(), ['.gitattributes', 'back.txt', 'copy.txt']);
    assert.equal((await hub.content(name, 'back.txt')).toString(), 'two');
  });

  test('asks for large file storage by name, size and content', async () => {
    await change(header(), file('kept.txt', 'kept'));
    const files = [
      { path: 'data/a.parquet', size: 10, sample: '' },
      { path: 'kept.txt', size: 4, sample: 'a2VwdA==' },
      { path: 'long.txt', size: 10 * 2 ** 20, sample: 'eA==' },
      { path: 'binary', size: 3, sample: 'AAEC' },
    ];
    const { json } = await send(api('/preupload/main'), { body: JSON.stringify({ files }) });
    assert.deepEqual(
      json.files.map((entry: { uploadMode: string; oid?: string }) => [entry.uploadMode, entry.oid]),
      [
        ['lfs', undefined],
        // git hash-object of "kept"
        ['regular', createHash('sha1').update('blob 4\0kept').digest('hex')],
        ['lfs', undefined],
        ['lfs', undefined],
      ],
    );
    const gitAttributes = '*.csv filter=lfs';
    const asked = { gitAttributes, files: [{ path: 'data/a.csv', size: 1, sample: 'YQ==' }, files[0]] };
    const modes = (await send(api('/preupload/main'), { body: JSON.stringify(asked) })).json.files;
    assert.deepEqual(
      modes.map(({ uploadMode }: { uploadMode: string }) => uploadMode),
      ['lfs', 'regular'],
    );
  });

  test('takes an upload by the address of the batch, and verifies it', async () => {
    const content = randomBytes(700);
    const answer = await batch([{ oid: sha256(content), size: 700 }]);
    assert.equal(answer.json.transfer, 'basic');
    const { upload, verify } = answer.json.objects[0].actions;
    const check = () => send(verify.href, { body: JSON.stringify({ oid: sha256(content), size: 700 }) });
    assert.equal((await check()).status, 404);
    assert.equal((await put(upload.href, content)).status, 200);
    assert.equal((await check()).status, 200);
    assert.deepEqual((await batch([{ oid: sha256(content), size: 700 }])).json.objects, [
      { oid: sha256(content), size: 700 },
    ]);
    assert.equal((await change(header(), pointer('a.parquet', content, 701))).status, 400);
    assert.equal((await change(header(), pointer('a.parquet', content))).status, 200);
    assert.deepEqual(await hub.content(name, 'a.parquet'), content);
  });

  test('refuses an upload that is not what was announced', async () => {
    const content = randomBytes(700);
    const { upload } = await uploadAction(content);
    const other = await put(upload.href, randomBytes(700));
    assert.deepEqual([other.status, other.text.includes('BadDigest')], [400, true]);
    assert.equal((await put(upload.href, content.subarray(1))).status, 400);
    const altered = upload.href.replace('size=700', 'size=699');
    const unsigned = await put(altered, content.subarray(1));
    assert.deepEqual([unsigned.status, unsigned.text.includes('SignatureDoesNotMatch')], [403, true]);
    // S3 wants to know the length first.
    const streamed = await send(upload.href, { method: 'PUT', body: new Blob([new Uint8Array(content)]).stream() });
    assert.deepEqual([streamed.status, streamed.text.includes('Transfer-Encoding')], [501, true]);
    assert.equal((await change(header(), pointer('a.parquet', content))).status, 400);
  });

  test('completes an upload in parts only when all of them came', async () => {
    const content = randomBytes(2500);
    const oid = sha256(content);
    const { upload } = await uploadAction(content);
    const { chunk_size, ...hrefs } = upload.header as Record<string, string>;
    assert.deepEqual([chunk_size, Object.keys(hrefs).sort()], ['1000', ['00001', '00002', '00003']]);
    const etags: string[] = [];
    const putPart = async (index: number, bytes = content.subarray(index * 1000, (index + 1) * 1000)) => {
      const { status, headers } = await put(hrefs[`0000${index + 1}`]!, bytes);
      etags[index] = headers.get('etag') ?? '';
      return status;
    };
    const complete = (count: number) => {
      const parts = etags.slice(0, count).map((etag, index) => ({ partNumber: index + 1, etag }));
      return send(upload.href, { body: JSON.stringify({ oid, parts }), token: null });
    };
    assert.deepEqual([await putPart(0), await putPart(1)], [200, 200]);
    assert.match((await complete(2)).json.error, /The parts have 2000 bytes/);
    assert.equal(await putPart(2, content.subarray(2001)), 400);
    etags[2] = '"none"';
    assert.match((await complete(3)).json.error, /Part 3 was not uploaded/);
    assert.equal(await putPart(2), 200);
    assert.equal((await complete(3)).status, 200);
    assert.equal((await complete(3)).status, 200, 'a repeated completion');
    assert.equal((await change(header(), pointer('a.parquet', content))).status, 200);
    assert.deepEqual(await hub.content(name, 'a.parquet'), content);
  });

  test('answers a batch object by object', async () => {
    const { status, json } = await batch([
      { oid: 'a'.repeat(64), size: 10_001 },
      { oid: 'b'.repeat(64), size: 10 },
    ]);
    assert.equal(status, 200);
    assert.deepEqual(
      json.objects.map((object: { error?: { code: number } }) => object.error?.code),
      [413, undefined],
    );
    assert.equal((await batch([{ oid: 'a', size: 1 }])).status, 400);
    assert.equal((await batch([{ oid: 'a'.repeat(64), size: 1 }], { hash_algo: 'md5' })).status, 409);
    assert.equal((await batch([{ oid: 'a'.repeat(64), size: 1 }], { ref: { name: 'draft' } })).status, 404);
    const download = await batch([{ oid: 'a'.repeat(64), size: 1 }], { operation: 'download' });
    assert.equal(download.json.objects[0].error.code, 404);
  });

  test('sends large files on to the storage, with what the clients read before', async () => {
    const content = randomBytes(700);
    await put((await uploadAction(content)).upload.href, content);
    await change(header(), pointer('data/a b.parquet', content), file('b.txt', '0123456789'));
    const path = `/datasets/${name}/resolve/main/data/a%20b.parquet`;
    const { status, headers } = await send(path, { method: 'HEAD' });
    assert.equal(status, 302);
    assert.deepEqual(
      ['x-linked-size', 'x-linked-etag', 'x-repo-commit', 'accept-ranges'].map((header) => headers.get(header)),
      ['700', `"${sha256(content)}"`, (await hub.commits(name))[0]!.oid, 'bytes'],
    );
    const location = headers.get('location')!;
    assert.notEqual(new URL(location).hostname, new URL(hub.url).hostname, 'clients tell the storage from the Hub');
    for (const [range, expected, contentRange] of [
      ['bytes=0-0', content.subarray(0, 1), 'bytes 0-0/700'],
      ['bytes=690-', content.subarray(690), 'bytes 690-699/700'],
      ['bytes=-8', content.subarray(-8), 'bytes 692-699/700'],
      ['bytes=690-900', content.subarray(690), 'bytes 690-699/700'],
    ] as const) {
      const response = await fetch(location, { headers: { Range: range } });
      assert.deepEqual([response.status, response.headers.get('content-range')], [206, contentRange]);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), expected);
    }
    const past = await send(location, { headers: { Range: 'bytes=700-' }, token: null });
    assert.deepEqual([past.status, past.headers.get('content-range')], [416, 'bytes */700']);
    assert.equal((await send(location.replace('expires=', 'expires=9'), { token: null })).status, 403);

    const text = await send(`/datasets/${name}/resolve/main/b.txt`, { headers: { Range: 'bytes=2-4' } });
    assert.deepEqual([text.status, text.text], [206, '234']);
    const raw = await send(`/datasets/${name}/raw/main/data/a%20b.parquet`);
    assert.equal(raw.text.split('\n')[1], `oid sha256:${sha256(content)}`);
    const missing = await send(`/datasets/${name}/resolve/main/none`);
    assert.deepEqual([missing.status, missing.headers.get('x-error-code')], [404, 'EntryNotFound']);
  });

  test('answers what the Python client asks', async () => {
    await change(header(), file('data/full/a.txt', 'A'), file('data/b.txt', 'B'));
    const commit = (await hub.commits(name))[0]!.oid;
    const encoded = await send(api('/tree/main/data%2Ffull?recursive=True&expand=False'));
    assert.deepEqual(
      encoded.json.map(({ path }: { path: string }) => path),
      ['data/full/a.txt'],
    );
    const page = await send(api('/tree/main?recursive=True&limit=2'));
    assert.equal(page.json.length, 2);
    assert.match(page.headers.get('link')!, /^<http:.*cursor=.*>; rel="next"$/);
    assert.equal((await send(api('/tree/main?limit=0'))).status, 400);
    const form = new URLSearchParams([
      ['paths', 'data/b.txt'],
      ['paths', 'data/c.txt'],
      ['expand', 'True'],
    ]);
    const infos = await send(api('/paths-info/main'), { body: form });
    assert.deepEqual([infos.json.length, infos.json[0].lastCommit.id], [1, commit]);
    assert.deepEqual((await send(api('/refs?include_prs=1'))).json, {
      branches: [{ name: 'main', ref: 'refs/heads/main', targetCommit: commit }],
      converts: [],
      tags: [],
      pullRequests: [],
    });
    const { siblings, sha } = (await send(api('/revision/main?blobs=True'))).json;
    assert.equal(sha, commit);
    assert.deepEqual(
      siblings.map(({ rfilename, size }: { rfilename: string; size: number }) => [rfilename, size]).slice(1),
      [
        ['data/full/a.txt', 1],
        ['data/b.txt', 1],
      ],
    );
    const validate = (content: string) => send('/api/validate-yaml', { body: JSON.stringify({ content }) });
    assert.deepEqual((await validate('---\nlanguage: pt\n---\n# Notícias')).json, { errors: [], warnings: [] });
    assert.equal((await validate('---\nlanguage: [pt\n---\n')).status, 400);
  });

  test('has a limit of commits an hour', async () => {
    await using limited = await start({ commitsPerHour: 2 });
    await limited.hub.create('destaques/news');
    const add = (path: string) =>
      send('/api/datasets/destaques/news/commit/main', {
        base: limited.hub.url,
        body: [header(), file(path)].map((line) => JSON.stringify(line)).join('\n'),
      });
    assert.deepEqual([(await add('a')).status, (await add('b')).status], [200, 200]);
    const third = await add('c');
    assert.equal(third.status, 429);
    assert.match(third.json.error, /rate limit for repository commits \(2 per hour\)/);
  });
});

async function start(options: HubStandInOptions) {
  const hub = await startHub(options);
  return { hub, [Symbol.asyncDispose]: () => hub.close() };
}
