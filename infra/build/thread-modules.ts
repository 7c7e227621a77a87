import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/** How a module names another that it starts as a thread of its own. */
const threadUrl = /new URL\('(\.[^']+)\.ts', import\.meta\.url\)/g;

/** Path of the file that a module becomes which is started as a thread, from the folder of the bundle. */
export function threadFile(module: string): string {
  return `${basename(module, '.ts')}.js`;
}

/**
 * A thread begins with a file: a bundle has one for each module that is started as such, beside its own. This lets the
 * modules that start them name those files, and notes in `found` which modules they are, by their absolute paths.
 */
export function threadModules(found: Set<string>): Plugin {
  return {
    name: 'thread-modules',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const contents = source.replaceAll(threadUrl, (_, module: string) => {
          const thread = join(dirname(path), `${module}.ts`);
          found.add(thread);
          return `new URL('./${threadFile(thread)}', import.meta.url)`;
        });
        return { contents, loader: 'ts' };
      });
    },
  };
}
