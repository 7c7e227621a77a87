import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { createFolderRawStore } from '../../../../functions/scrape/raw-store/folder.ts';
import { context, fetched, useFolder } from './stores.ts';

describe('raw store: folder, many processes', () => {
  const folder = useFolder();
  const modulePath = new URL('../../../../functions/scrape/raw-store/folder.ts', import.meta.url).href;

  /** A process that saves pages of 300 kB, those of one seed being the same, until it is done or killed. */
  function saver(count: number, seed: string) {
    const script = `
      import { createFolderRawStore } from ${JSON.stringify(modulePath)};
      import { hash } from 'node:crypto';
      const store = createFolderRawStore(${JSON.stringify(folder.path())});
      for (let index = 0; index < ${count}; index++) {
        let bytes = Buffer.from(hash('sha512', '${seed}' + index));
        while (bytes.length < 300_000) bytes = Buffer.concat([bytes, Buffer.from(hash('sha512', bytes, 'buffer')), bytes]);
        const page = { ...${JSON.stringify({ ...fetched(), bytes: null })}, bytes, fetchedAt: new Date('2026-02-02') };
        await store.save(page, ${JSON.stringify(context)});
        console.log(index);
      }`;
    return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  }
  const readAll = async () => {
    const paths = globSync('bronze/**/*.zst', { cwd: folder.path() });
    for (const path of paths) await createFolderRawStore(folder.path()).read(path);
    return paths.length;
  };

  test('holds only whole pages after three processes saved the same ones', { timeout: 60_000 }, async () => {
    const codes = await Promise.all([1, 2, 3].map(() => once(saver(20, 'same'), 'exit')));
    assert.deepEqual(codes.flat(), [0, null, 0, null, 0, null]);
    assert.equal(await readAll(), 20);
    assert.deepEqual(await readdir(folder.file('.staging')), []);
  });

  test('holds only whole pages after a process was killed', { timeout: 60_000 }, async () => {
    for (const round of ['a', 'b', 'c']) {
      const child = saver(1_000_000, round);
      let savedCount = 0;
      for await (const _ of child.stdout) if (++savedCount === 5) break;
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    assert.ok((await readAll()) >= 15);
  });
});
