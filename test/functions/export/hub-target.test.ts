import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readlink, stat } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { commit as commitAsAnybody } from '@huggingface/hub';
import { exportAll } from '../../../functions/export/export-all.ts';
import { createHubTarget } from '../../../functions/export/hub-target.ts';
import { HeadMovedError } from '../../../functions/export/target.ts';
import { datasetColumns, reducedColumns } from '../../../shared/dataset-schema.ts';
import { ConfigError, PermanentError, RetryableError } from '../../../shared/errors.ts';
import { openHubDataset } from '../../../shared/hub.ts';
import { silentLogger } from '../../../shared/log.ts';
import { withoutPostgres } from '../../support/database.ts';
import { readArrowSchema, readParquet } from '../../support/parquet.ts';
import { insertArticles } from './articles.ts';
import { REPO, titles, useHubExport } from './use-hub-export.ts';

const APRIL = new Date('2026-04-02T12:00:00Z');

/** Size of the files that this process holds open in a folder after they lost their name. */
async function unnamedBytes(folder: string): Promise<number> {
  const sizes = (await readdir('/proc/self/fd')).map(async (fd) => {
    const path = `/proc/self/fd/${fd}`;
    const isUnnamed = (await readlink(path).catch(() => '')).startsWith(`${folder}/`);
    return isUnnamed ? (await stat(path)).size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

describe('export to the Hub', { skip: withoutPostgres }, () => {
  const { db, hub, scratchFolder, target, run, rows, paths, published } = useHubExport();

  const insertThree = () =>
    insertArticles(db(), [
      { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
      { id: 'b', publishedAt: '2026-03-01T12:00:00Z', content: 'x'.repeat(5_000) },
      { id: 'c', publishedAt: '2026-03-02T12:00:00Z' },
    ]);
  /** What somebody else does to the dataset, through the Hub's own client. */
  const interfere = (adds: Record<string, string | Uint8Array<ArrayBuffer>>, deletes: string[] = []) =>
    commitAsAnybody({
      hubUrl: hub().url,
      accessToken: 'hf_test',
      repo: { type: 'dataset', name: REPO },
      title: 'By somebody',
      operations: [
        ...Object.entries(adds).map(([path, text]) => {
          return { operation: 'addOrUpdate' as const, path, content: new Blob([text]) };
        }),
        ...deletes.map((path) => ({ operation: 'delete' as const, path })),
      ],
      useXet: false,
    });
  const commitCount = async () => (await hub().commits(REPO)).length;
  const asked = (part: string) =>
    hub()
      .requests()
      .filter((line) => line.includes(part)).length;

  test('all changes are one commit, and an unchanged run makes none and uploads nothing', async () => {
    await insertThree();
    const { commit, shardsWritten } = await run();
    assert.deepEqual([await commitCount(), shardsWritten], [2, 3]);
    assert.equal((await hub().commits(REPO))[0]?.oid, commit);
    assert.deepEqual(await paths(), [
      '.gitattributes',
      'README.md',
      'data/train-2026-01.parquet',
      'data/train-2026-03-01.parquet',
      'data/train-2026-03-02.parquet',
    ]);
    assert.deepEqual(titles(await rows()), await published());

    const uploads = asked('/batch');
    const again = await run();
    assert.deepEqual([again.periods, again.commit, await commitCount(), asked('/batch')], [[], null, 2, uploads]);
  });

  test('one edit uploads and commits one shard', async () => {
    await insertThree();
    await run();
    const uploads = asked('PUT ');
    await db().query(`update news set title = 'Corrigido' where unique_id = 'a'`);
    assert.deepEqual((await run()).added, ['data/train-2026-01.parquet']);
    assert.deepEqual(titles(await rows()), await published());
    assert.ok(asked('PUT ') > uploads);
  });

  test('a closed month folds its days into one file in the commit that deletes them', async () => {
    await insertThree();
    await run();
    const { deleted, added } = await run({ now: APRIL });
    assert.deepEqual(
      [added, deleted.sort(), await commitCount()],
      [['data/train-2026-03.parquet'], ['data/train-2026-03-01.parquet', 'data/train-2026-03-02.parquet'], 3],
    );
    assert.deepEqual(titles(await rows()), await published());
  });

  test('files of the predecessor go in the first commit, with what describes them', async () => {
    const legacyCard = '---\nlicense: mit\ndataset_info:\n  splits: []\n---\nTexto de gente.\n';
    await interfere({
      'data/train-00000-of-00002.parquet': 'legacy 0',
      'data/train-00001-of-00002.parquet': 'legacy 1',
      'data/train-2026-02-10-063000.parquet': 'legacy 2',
      'data/notes.txt': 'not ours',
      'dataset_infos.json': '{}',
      'README.md': legacyCard,
    });
    await insertThree();
    await run();
    assert.equal(await commitCount(), 3);
    assert.deepEqual(await paths(), [
      '.gitattributes',
      'README.md',
      'data/notes.txt',
      'data/train-2026-01.parquet',
      'data/train-2026-03-01.parquet',
      'data/train-2026-03-02.parquet',
    ]);
    const card = (await hub().content(REPO, 'README.md')).toString();
    assert.match(card, /^---\nlicense: mit\n/);
    assert.match(card, /Texto de gente\.\n\n<!-- parte gerada/);
    assert.ok(!card.includes('dataset_info'));
    assert.ok(card.includes(`load_dataset("${REPO}", split="train")`));
  });

  test('a shard that somebody replaced, by one of the same size too, is restored', async () => {
    await insertThree();
    const { commit } = await run();
    const path = 'data/train-2026-01.parquet';
    const bytes = Uint8Array.from(await hub().content(REPO, path));
    bytes[100]! ^= 1;
    await interfere({ [path]: bytes, 'data/train-of-somebody.parquet': 'foreign' });
    const { added, deleted } = await run();
    assert.deepEqual([added, deleted], [[path], ['data/train-of-somebody.parquet']]);
    assert.ok((await hub().content(REPO, path)).equals(await hub().content(REPO, path, commit!)));
    await interfere({}, [path]);
    assert.deepEqual((await run()).added, [path]);
    assert.deepEqual(titles(await rows()), await published());
  });

  test('what another writer commits meanwhile leads to a new plan, from a new snapshot', async () => {
    await insertThree();
    await run();
    await db().query(`update news set title = 'Corrigido' where unique_id = 'a'`);
    const real = target();
    let commits = 0;
    const racing: typeof real = {
      ...real,
      commit: async (change) => {
        commits += 1;
        if (commits === 1) {
          await db().query(`update news set title = 'Mais uma vez' where unique_id = 'c'`);
          await interfere({ 'data/train-of-somebody.parquet': 'foreign' });
        }
        return await real.commit(change);
      },
    };
    const result = await run({}, { target: racing });
    assert.equal(commits, 2);
    assert.deepEqual(result.deleted, ['data/train-of-somebody.parquet']);
    assert.deepEqual(titles(await rows()), await published());
    assert.equal((await run()).commit, null);
  });

  test('a writer that is always faster ends the run', async () => {
    await insertThree();
    const commit = () => Promise.reject(new HeadMovedError('again'));
    await assert.rejects(run({}, { target: { ...target(), commit } }), HeadMovedError);
    assert.equal(await commitCount(), 1);
  });

  test('the full and the reduced dataset stand apart, each with its own ledger', async () => {
    await hub().create('nobody/reduced');
    await insertThree();
    const destinations = {
      full: { target: target(), repo: REPO, branch: 'main' },
      reduced: { target: target({ repo: 'nobody/reduced' }), repo: 'nobody/reduced', branch: 'main' },
    };
    const both = () =>
      exportAll(destinations, { now: new Date('2026-03-15T12:00:00Z') }, { db: db(), log: silentLogger });
    const first = await both();
    assert.deepEqual([first.rows, first.reduced?.rows, first.reduced?.shardsWritten], [3, 3, 3]);
    for (const [repo, columns] of [
      [REPO, datasetColumns],
      ['nobody/reduced', reducedColumns],
    ] as const) {
      const bytes = await hub().content(repo, 'data/train-2026-03-01.parquet');
      const names = columns.map(({ name }) => name);
      assert.deepEqual(Object.keys((await readParquet(bytes))[0]!), names);
      assert.deepEqual(readArrowSchema(bytes).names, names);
      assert.match((await hub().content(repo, 'README.md')).toString(), /\| notícias \| 3 \|/);
    }
    assert.deepEqual((await rows('nobody/reduced')).map(({ agency, title }) => [agency, title]).sort(), [
      ['mec', 'Título de a'],
      ['mec', 'Título de b'],
      ['mec', 'Título de c'],
    ]);

    const second = await both();
    assert.deepEqual([second.commit, second.reduced?.commit], [null, null]);
    await db().query(`update news set summary = 'Resumo.' where unique_id = 'a'`);
    const third = await both();
    assert.deepEqual([third.shardsWritten, third.reduced?.shardsWritten], [1, 0]);
    const { rows: ledger } = await db().query(
      'select repo, count(*) as shards, sum(row_count)::integer as rows from hub_shards group by repo order by repo',
    );
    assert.deepEqual(ledger, [
      { repo: REPO, shards: 3, rows: 3 },
      { repo: 'nobody/reduced', shards: 3, rows: 3 },
    ]);
  });

  test('a wrong token, a missing dataset and a token that may only read change nothing', async () => {
    await insertThree();
    for (const [options, message] of [
      [{ token: 'hf_wrong' }, /HF_TOKEN is wrong or expired/],
      [{ repo: 'nobody/none' }, /create it on the Hub/],
      [{ token: 'hf_read' }, /may not write there/],
    ] as const) {
      await assert.rejects(run({}, { target: target(options) }), { name: ConfigError.name, message });
    }
    const { rowCount } = await db().query('select from hub_shards');
    assert.deepEqual([await commitCount(), rowCount], [1, 0]);
  });

  test('a shard that the dataset is set to ignore is named', async () => {
    await insertThree();
    const real = target();
    const ignoring: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (!String(url).includes('/preupload/')) return answer;
      const { files } = (await answer.json()) as { files: object[] };
      return Response.json({ files: files.map((file) => ({ ...file, shouldIgnore: true })) });
    };
    await assert.rejects(run({}, { target: target({ fetch: ignoring }) }), {
      name: PermanentError.name,
      message: /\.gitignore of the dataset leaves data\/train-2026-01\.parquet out/,
    });
    assert.equal((await run({}, { target: real })).shardsWritten, 3);
  });

  test('no name is left in the scratch folder, at any time', async () => {
    await insertThree();
    const seen: string[] = [];
    const watching: typeof fetch = async (url, init) => {
      seen.push(...(await readdir(scratchFolder())));
      return await fetch(url, init);
    };
    await run({}, { target: target({ fetch: watching }) });
    hub().failAt('put', { status: 400, count: 100 });
    await db().query(`update news set title = 'Corrigido'`);
    await assert.rejects(run({}, { target: target({ fetch: watching }) }));
    assert.deepEqual([...seen, ...(await readdir(scratchFolder()))], []);
  });

  test('a full disk is named, and nothing is committed', async (context) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', scratchFolder()]);
    if (mount.status !== 0) return context.skip('a small file system cannot be mounted here');
    try {
      const content = randomBytes(200_000).toString('hex');
      await insertArticles(db(), [
        { id: 'a', publishedAt: '2026-01-10T12:00:00Z' },
        { id: 'b', publishedAt: '2026-02-10T12:00:00Z', content },
      ]);
      await assert.rejects(run(), { name: RetryableError.name, message: /shard on its way.*disk is full; make room/ });
      const { rowCount } = await db().query('select from hub_shards');
      assert.deepEqual([await commitCount(), rowCount], [1, 0]);
    } finally {
      spawnSync('umount', [scratchFolder()]);
    }
    await run();
    assert.deepEqual(titles(await rows()), await published());
  });

  test('a scratch folder that is none is a configuration error', async () => {
    await insertThree();
    const none = createHubTarget(
      openHubDataset({ endpoint: hub().url, token: 'hf_test', repo: REPO, branch: 'main' }),
      {
        scratchFolder: '/dev/null/none',
      },
    );
    await assert.rejects(run({}, { target: none }), {
      name: ConfigError.name,
      message: /a part of that path is a file/,
    });
  });

  test('disk is given back shard by shard', async () => {
    const content = () => randomBytes(20_000).toString('hex');
    const days = ['01', '02', '03', '04', '05', '06'];
    await insertArticles(
      db(),
      days.map((day) => ({ id: day, publishedAt: `2026-03-${day}T12:00:00Z`, content: content() })),
    );
    const heldBytes: number[] = [];
    const watching: typeof fetch = async (url, init) => {
      heldBytes.push(await unnamedBytes(scratchFolder()));
      return await fetch(url, init);
    };
    const { bytesWritten } = await run({}, { target: target({ fetch: watching }) });
    const most = Math.max(...heldBytes);
    assert.ok(most > 0 && most < bytesWritten / 5, `${most} of ${bytesWritten} bytes at a time`);
    assert.equal(await unnamedBytes(scratchFolder()), 0);
  });

  test('ten exporters at once leave one dataset, equal to the table', async () => {
    await insertThree();
    const runs = Array.from({ length: 10 }, () => run());
    const edits = (async () => {
      for (let count = 0; count < 20; count += 1) {
        await db().query(`update news set title = title || '!' where unique_id = 'b'`);
        await setImmediate();
      }
    })();
    const [results] = await Promise.all([Promise.all(runs), edits]);
    await run();
    assert.deepEqual(titles(await rows()), await published());
    const commits = results.flatMap(({ commit }) => commit ?? []);
    assert.equal(new Set(commits).size, commits.length, 'a commit has one winner');
    assert.equal((await run()).commit, null);
  });
});
