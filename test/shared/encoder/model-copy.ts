import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A sentence-transformers repository with a small model of random weights. */
export const tinyModel = fileURLToPath(new URL('../../fixtures/models/tiny-xlmr', import.meta.url));

/** An empty folder that lasts as long as the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'encoder-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the tiny model with some of its files rewritten (an object is written as JSON) or, for null, left out. */
export async function copyOfTinyModel(t: TestContext, changes: Record<string, unknown> = {}): Promise<string> {
  const folder = join(await temporaryFolder(t), 'tiny');
  await cp(tinyModel, folder, { recursive: true });
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) await rm(join(folder, path));
    else await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}
