import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutPostgres } from '../../support/database.ts';
import { insertArticles } from './articles.ts';
import { REPO, titles, useHubExport } from './use-hub-export.ts';

const exporter = fileURLToPath(new URL('export-until-killed.ts', import.meta.url));
const now = '2026-03-15T12:00:00Z';
const stepBound = 40;

describe('export to the Hub: killed', { skip: withoutPostgres }, () => {
  const { db, databaseUrl, hub, run, rows, published } = useHubExport();

  async function exportUntil(step: number): Promise<'killed' | 'done'> {
    const child = spawn(process.execPath, [exporter, databaseUrl(), hub().url, REPO, now, String(step)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') return 'killed';
    assert.equal(code, 0);
    return 'done';
  }

  test('before any step: the dataset is as it was or as it shall be, and the next run ends equal', async (context) => {
    await insertArticles(db(), [
      { id: 'edited', publishedAt: '2026-01-10T12:00:00Z', content: 'x'.repeat(100) },
      { id: 'kept', publishedAt: '2026-02-10T12:00:00Z' },
    ]);
    await run();
    let step = 1;
    for (; step < stepBound; step += 1) {
      await db().query(`update news set title = $1 where unique_id = 'edited'`, [`Versão ${step}`]);
      await db().query(`update news set removed_at = now() where unique_id like 'new%' and removed_at is null`);
      await insertArticles(db(), [{ id: `new${step}`, publishedAt: '2026-03-10T12:00:00Z' }]);
      const before = titles(await rows());
      const end = await exportUntil(step);
      const after = titles(await rows());
      const isWhole = [before, await published()].some((state) => JSON.stringify(state) === JSON.stringify(after));
      assert.ok(isWhole, `half a commit before step ${step}: ${JSON.stringify(after)}`);
      if (end === 'done') break;
      await run();
      assert.deepEqual(titles(await rows()), await published(), `killed before step ${step}`);
      assert.equal((await run()).commit, null, `killed before step ${step}`);
    }
    context.diagnostic(`${step - 1} steps`);
    assert.ok(step > 10 && step < stepBound, `${step} steps`);
  });
});
