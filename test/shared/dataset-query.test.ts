import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openDatasetFolder } from '../../shared/dataset-folder.ts';
import { createDatasetQuery, type DatasetQuery } from '../../shared/dataset-query.ts';
import { datasetColumns } from '../../shared/dataset-schema.ts';
import { createLogger } from '../../shared/log.ts';
import { countReads, datasetRow, type Reads, writeShard } from '../support/dataset.ts';

const micros = (text: string) => Date.parse(text) * 1000;
const ids = (rows: readonly { unique_id: string | null }[]) => rows.map(({ unique_id }) => unique_id);

describe('queries of a dataset', () => {
  let folder: string;
  let query: DatasetQuery;
  let take: () => Reads;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'query-'));
    await writeShard(folder, 'data/train-2026-01.parquet', [
      datasetRow('janeiro-a', '2026-01-05T12:00:00Z'),
      datasetRow('janeiro-b', '2026-01-20T12:00:00Z', { agency: 'saude' }),
    ]);
    const day = (date: number) => `2026-02-${String(date).padStart(2, '0')}T12:00:00Z`;
    const february = Array.from({ length: 20 }, (_, index) =>
      datasetRow(`fevereiro-${index}`, day(index + 1), { agency: index < 10 ? 'ibge' : 'mec' }),
    );
    await writeShard(folder, 'data/train-2026-02-p01.parquet', february.slice(0, 10), { rowGroupRows: 5 });
    await writeShard(folder, 'data/train-2026-02-p02.parquet', february.slice(10), { rowGroupRows: 5 });
    await writeShard(folder, 'data/train-2026-03-01.parquet', [
      datasetRow('marco', '2026-03-01T12:00:00Z', {
        theme_1_level_1_code: '02',
        theme_1_level_2_code: '02.01',
        tags: ['a', 'b'],
      }),
    ]);
    const counted = countReads(await openDatasetFolder(folder));
    take = counted.take;
    query = createDatasetQuery({ open: async () => counted.source });
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('finds a row by its id, all 24 fields', async () => {
    const row = await query.find('marco');
    assert.deepEqual(
      Object.keys(row!),
      datasetColumns.map(({ name }) => name),
    );
    assert.deepEqual(
      [row!.published_at, row!.extracted_at, row!.tags, row!.agency, row!.subtitle],
      [micros('2026-03-01T12:00:00Z'), micros('2026-03-01T12:00:00Z') + 123_456, ['a', 'b'], 'mec', null],
    );
  });

  test('looks for an id in the newest shards first, and in no more than it must', async () => {
    await query.find('marco');
    assert.deepEqual(take().paths, ['data/train-2026-03-01.parquet']);
    assert.equal((await query.find('fevereiro-19'))?.unique_id, 'fevereiro-19');
    assert.ok(!take().paths.includes('data/train-2026-01.parquet'));
  });

  test('reads one shard alone where the instant is known', async () => {
    const row = await query.find('janeiro-b', micros('2026-01-20T12:00:00Z'));
    assert.equal(row?.agency, 'saude');
    assert.deepEqual(take().paths, ['data/train-2026-01.parquet']);
  });

  test('finds a row whose instant was given wrongly', async () => {
    assert.equal((await query.find('janeiro-a', micros('2026-02-03T00:00:00Z')))?.unique_id, 'janeiro-a');
  });

  test('reads each footer and each id once: what is nowhere costs nothing the second time', async () => {
    assert.equal(await query.find('nada'), undefined);
    assert.equal(take().paths.length, 4);
    assert.equal(await query.find('nada-tambem'), undefined);
    assert.deepEqual(take(), { bytes: 0, requests: 0, paths: [] });
    assert.equal((await query.find('janeiro-a'))?.unique_id, 'janeiro-a');
    assert.deepEqual(take().paths, ['data/train-2026-01.parquet'], 'the row itself');
  });

  test('lists the newest rows, and leaves older shards alone', async () => {
    assert.deepEqual(ids(await query.newest({}, 3)), ['marco', 'fevereiro-19', 'fevereiro-18']);
    const { paths } = take();
    assert.ok(!paths.includes('data/train-2026-01.parquet'), `${paths}`);
  });

  test('a window is read by the names of shards and by the bounds of row groups', async () => {
    const window = { from: micros('2026-02-12T00:00:00Z'), to: micros('2026-02-14T00:00:00Z') };
    assert.deepEqual(ids(await query.newest(window, 10)), ['fevereiro-12', 'fevereiro-11']);
    // Twice a footer, once the two columns of the one group that has these days, and the rows.
    const first = take();
    assert.deepEqual(first.paths.toSorted(), ['data/train-2026-02-p01.parquet', 'data/train-2026-02-p02.parquet']);
    await query.newest(window, 10);
    assert.ok(take().requests < first.requests);
  });

  test('an agency is read from the row groups alone whose bounds have it', async () => {
    await query.newest({}, 100);
    take();
    assert.deepEqual(ids(await query.newest({ agency: ['saude'] }, 10)), ['janeiro-b']);
    assert.deepEqual(take().paths, ['data/train-2026-01.parquet']);
    assert.deepEqual(ids(await query.newest({ agency: ['ibge', 'saude'] }, 2)), ['fevereiro-9', 'fevereiro-8']);
    assert.deepEqual(take().paths, ['data/train-2026-02-p01.parquet']);
    assert.deepEqual(await query.newest({ agency: ['zzz'] }, 10), []);
    assert.equal(take().requests, 0);
  });

  test('a theme stands for those below it', async () => {
    for (const theme of ['02', '02.01']) assert.deepEqual(ids(await query.newest({ theme }, 10)), ['marco'], theme);
    assert.deepEqual(await query.newest({ theme: '02.02' }, 10), []);
  });

  test('rows of the same instant come by their ids', async () => {
    const rows = ['c', 'a', 'b'].map((id) => datasetRow(id, '2026-03-02T12:00:00Z'));
    await writeShard(folder, 'data/train-2026-03-02.parquet', rows);
    const fresh = createDatasetQuery({ open: () => openDatasetFolder(folder) });
    assert.deepEqual(ids(await fresh.newest({}, 2)), ['a', 'b']);
  });

  test('reads shards of the predecessor, whose names promise nothing and which lack columns', async () => {
    const rows = [datasetRow('antiga', '2015-01-05T12:00:00Z'), datasetRow('nova', '2026-05-05T12:00:00Z')];
    await writeShard(folder, 'data/train-00000-of-00001.parquet', rows, {
      columns: datasetColumns.filter(({ name }) => name !== 'summary' && name !== 'subtitle'),
      codec: 'snappy',
    });
    const fresh = createDatasetQuery({ open: () => openDatasetFolder(folder) });
    assert.deepEqual(ids(await fresh.newest({}, 2)), ['nova', 'marco']);
    const row = await fresh.find('antiga');
    assert.deepEqual([row?.title, row?.summary], ['Título de antiga', null]);
    assert.deepEqual(ids(await fresh.newest({ to: micros('2016-01-01T00:00:00Z') }, 9)), ['antiga']);
  });

  test('sees a new state of the dataset once the old one has its age', async () => {
    let clock = 0;
    const moving = createDatasetQuery({ open: () => openDatasetFolder(folder), maxAgeMs: 1000, now: () => clock });
    assert.equal(await moving.find('hoje'), undefined);
    await writeShard(folder, 'data/train-2026-03-01.parquet', [
      datasetRow('marco', '2026-03-01T12:00:00Z', { title: 'Outro' }),
      datasetRow('hoje', '2026-03-01T13:00:00Z'),
    ]);
    clock = 1000;
    assert.equal((await moving.find('hoje'))?.unique_id, 'hoje');
    assert.equal((await moving.find('marco'))?.title, 'Outro');
  });

  test('sees at once that a file which it knows was replaced, and answers from the new one', async () => {
    const fresh = createDatasetQuery({ open: () => openDatasetFolder(folder) });
    assert.equal((await fresh.find('marco'))?.title, 'Título de marco');
    const rows = Array.from({ length: 50 }, (_, index) => datasetRow(`hoje-${index}`, '2026-03-01T13:00:00Z'));
    await writeShard(folder, 'data/train-2026-03-01.parquet', [...rows, datasetRow('marco', '2026-03-01T12:00:00Z')]);
    assert.equal((await fresh.find('marco'))?.unique_id, 'marco');
    await rm(join(folder, 'data/train-2026-03-01.parquet'));
    assert.deepEqual(ids(await fresh.newest({}, 1)), ['fevereiro-19']);
  });

  test('leaves out a file that cannot be read, says so once, and reads it when it is mended', async () => {
    const path = 'data/train-2026-04-01.parquet';
    const rows = [datasetRow('abril', '2026-04-01T12:00:00Z')];
    await writeShard(folder, path, rows);
    await truncate(join(folder, path), 500);
    await writeFile(join(folder, 'data/train-00000-of-00001.parquet'), 'no Parquet at all, but some bytes');
    const lines: string[] = [];
    const log = createLogger((line) => lines.push(line));
    let clock = 0;
    const fresh = createDatasetQuery({ open: () => openDatasetFolder(folder), log, now: () => clock });
    assert.deepEqual(ids(await fresh.newest({}, 1)), ['marco']);
    assert.equal(await fresh.find('nada'), undefined);
    const told = lines.map((line) => JSON.parse(line).path).sort();
    assert.deepEqual(told, ['data/train-00000-of-00001.parquet', path]);
    assert.deepEqual(
      fresh
        .unreadable()
        .map((file) => file.path)
        .sort(),
      told,
    );
    await writeShard(folder, path, rows);
    clock += 60_000;
    assert.deepEqual(ids(await fresh.newest({}, 1)), ['abril']);
    assert.deepEqual(
      fresh.unreadable().map((file) => file.path),
      ['data/train-00000-of-00001.parquet'],
    );
    assert.equal(lines.length, 2);
  });

  test('is an error where no file at all can be read', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'query-bad-'));
    await mkdir(join(empty, 'data'));
    await writeFile(join(empty, 'data/train-2026-04-01.parquet'), 'no Parquet');
    const bad = createDatasetQuery({ open: () => openDatasetFolder(empty) });
    await assert.rejects(bad.newest({}, 1), /None of the 1 shards .*train-2026-04-01\.parquet cannot be read/);
    await rm(empty, { recursive: true });
  });

  test('answers from what it knows while the store is slow or down, for as long as it may', async () => {
    let clock = 0;
    let open = () => openDatasetFolder(folder);
    const patient = createDatasetQuery({ open: () => open(), now: () => clock, maxWaitMs: 10 });
    const newest = async () => ids(await patient.newest({}, 1));
    assert.deepEqual(await newest(), ['marco']);
    const asked: string[] = [];
    open = () => {
      asked.push('down');
      return Promise.reject(new Error('down'));
    };
    clock = 60_000;
    assert.deepEqual([await newest(), await newest()], [['marco'], ['marco']]);
    assert.equal(asked.length, 1, 'not at every question');
    let release = () => {};
    open = async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return await openDatasetFolder(folder);
    };
    clock = 200_000;
    await writeShard(folder, 'data/train-2026-03-02.parquet', [datasetRow('novo', '2026-03-02T12:00:00Z')]);
    assert.deepEqual(await newest(), ['marco'], 'the new state is not there yet');
    release();
    await setImmediate();
    for (let count = 0; count < 1000 && !(await newest()).includes('novo'); count += 1) await setImmediate();
    assert.deepEqual(await newest(), ['novo']);
    open = () => Promise.reject(new Error('down'));
    clock += 3_599_999;
    assert.deepEqual(await newest(), ['novo']);
    clock += 1;
    await assert.rejects(newest(), /down/);
  });

  test('lists one row of each text, and goes on behind the copies until the listing is full', async () => {
    const copied = { title: 'Nota', content: 'Nota à imprensa' };
    const copies = Array.from({ length: 150 }, (_, index) =>
      datasetRow(`copia-${index}`, new Date(Date.UTC(2026, 4, 2, 0, index)).toISOString(), copied),
    );
    const other = datasetRow('outra', '2026-05-01T12:00:00Z', { ...copied, content: 'Outro texto' });
    await writeShard(folder, 'data/train-2026-05.parquet', [other, ...copies]);
    const fresh = createDatasetQuery({ open: () => openDatasetFolder(folder) });
    const rows = await fresh.newest({}, 4);
    assert.deepEqual(ids(rows), ['copia-149', 'outra', 'marco', 'fevereiro-19']);
    assert.deepEqual(
      rows.map(({ content }) => content),
      [null, null, null, null],
    );
  });

  test('lists an id once, and no row without a date', async () => {
    await writeShard(folder, 'data/train-2026-03-02.parquet', [
      datasetRow('marco', '2026-03-02T12:00:00Z', { title: 'De novo' }),
      datasetRow('sem-data', '2026-03-02T12:00:00Z', { published_at: null }),
    ]);
    const fresh = createDatasetQuery({ open: () => openDatasetFolder(folder) });
    const rows = await fresh.newest({}, 2);
    assert.deepEqual(rows.map(({ unique_id, title }) => [unique_id, title])[0], ['marco', 'De novo']);
    assert.deepEqual(ids(rows), ['marco', 'fevereiro-19']);
    assert.equal(await fresh.find('sem-data'), undefined);
  });

  test('finds a row by any of its ids', async () => {
    assert.equal((await query.findAny(['nada', 'janeiro-a'], micros('2026-01-05T12:00:00Z')))?.unique_id, 'janeiro-a');
    assert.equal((await query.findAny(['nada', 'janeiro-a', 'marco']))?.unique_id, 'marco', 'the newest shard first');
  });

  test('looks for what is rare in several shards at a time, and in eight at most', async () => {
    const months = Array.from({ length: 20 }, (_, index) => String(index + 2001));
    for (const year of months) {
      await writeShard(folder, `data/train-${year}-01.parquet`, [datasetRow(year, `${year}-01-05T12:00:00Z`)]);
    }
    const source = await openDatasetFolder(folder);
    let [openCount, most] = [0, 0];
    const files = source.files.map((file) => ({
      ...file,
      open: async () => {
        const access = await file.open();
        most = Math.max(most, ++openCount);
        await setImmediate();
        return {
          ...access,
          close: async () => {
            openCount -= 1;
            await access.close();
          },
        };
      },
    }));
    const fresh = createDatasetQuery({ open: async () => ({ ...source, files }) });
    assert.deepEqual(ids(await fresh.newest({ agency: ['saude'] }, 5)), ['janeiro-b']);
    assert.equal(most, 8);
  });

  test('remembers which agencies a row group has', async () => {
    await query.newest({}, 100);
    take();
    assert.deepEqual(await query.newest({ agency: ['mma'] }, 10), []);
    assert.deepEqual(take().paths, ['data/train-2026-01.parquet'], 'between those of January');
    assert.deepEqual(await query.newest({ agency: ['mma', 'pr'] }, 10), []);
    assert.equal(take().requests, 0);
  });
});

describe('a large shard', () => {
  const rowCount = 4000;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'query-large-'));
    // Texts that do not compress: the pages of a row are a small part of its row group.
    const rows = Array.from({ length: rowCount }, (_, index) =>
      datasetRow(`artigo-${index}`, new Date(Date.UTC(2026, 1, 2) + index * 60_000).toISOString(), {
        content: randomBytes(1500).toString('base64'),
      }),
    );
    await writeShard(folder, 'data/train-2026-02.parquet', rows);
  });
  after(() => rm(folder, { recursive: true }));

  test('is read by the pages that hold a row', async () => {
    const { size } = await stat(join(folder, 'data/train-2026-02.parquet'));
    const { source, take } = countReads(await openDatasetFolder(folder));
    const query = createDatasetQuery({ open: async () => source });
    assert.equal((await query.find('artigo-3210'))?.unique_id, 'artigo-3210');
    const first = take();
    assert.ok(first.bytes < size / 2, `${first.bytes} of ${size} bytes in ${first.requests} requests`);
    const row = await query.find('artigo-3211');
    assert.equal(row?.content?.length, 2000);
    const next = take();
    assert.ok(next.bytes < first.bytes, `${next.bytes} bytes in ${next.requests} requests`);
    assert.ok(next.requests <= 5, `${next.requests} requests`);
  });
});
