import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pipeline } from '../shared/pipeline.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

interface Import {
  from: string;
  to: string;
}

/** Relative imports of product code, both ends as paths from the root. */
const imports: Import[] = globSync('{functions,shared,infra}/**/*.ts', { cwd: root }).flatMap((from) => {
  const source = readFileSync(join(root, from), 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => ({
    from,
    to: normalize(join(dirname(from), match[1]!)),
  }));
});

function offenders(isOffence: (edge: Import) => boolean): string[] {
  return imports.filter(isOffence).map(({ from, to }) => `${from} imports ${to}`);
}

const folder = (path: string) => path.split('/')[0]!;
const functionOf = (path: string) => (folder(path) === 'functions' ? path.split('/')[1] : undefined);

test('the layout test sees the imports of the code', () => {
  assert.ok(imports.some(({ from, to }) => from === 'functions/enrich/enrich.ts' && to === 'shared/article-stage.ts'));
});

test('shared/ knows nothing of functions, infra or test', () => {
  assert.deepEqual(
    offenders(({ from, to }) => folder(from) === 'shared' && folder(to) !== 'shared'),
    [],
  );
});

test('functions import only themselves and shared/', () => {
  assert.deepEqual(
    offenders(
      ({ from, to }) => folder(from) === 'functions' && folder(to) !== 'shared' && functionOf(from) !== functionOf(to),
    ),
    [],
  );
});

test('only the sample site comes from test/, and only where infra/local chooses the source of news', () => {
  assert.deepEqual(
    offenders(({ from, to }) => folder(to) === 'test' && from !== 'infra/local/news-source.ts'),
    [],
  );
});

test('the environment is read in loadConfig alone, and set only to keep the model runtime quiet', () => {
  const readers = globSync('{functions,shared,infra}/**/*.ts', { cwd: root }).filter((file) =>
    /process\.env/.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(readers.sort(), ['infra/local/settings.ts', 'shared/config.ts', 'shared/encoder/no-telemetry.ts']);
});

test('every function of the table has its folder with index.ts of at most 40 lines, and no folder is without an entry', () => {
  const folders = globSync('functions/*', { cwd: root }).map((path) => path.split('/')[1]!);
  assert.deepEqual(folders.sort(), pipeline.map(({ name }) => name).sort());
  for (const { name } of pipeline) {
    const lines = readFileSync(join(root, 'functions', name, 'index.ts'), 'utf8')
      .trimEnd()
      .split('\n').length;
    assert.ok(lines <= 40, `functions/${name}/index.ts has ${lines} lines`);
  }
});

test('the drawing of the README shows the topology', () => {
  const drawing = /```mermaid\n([\s\S]*?)```/.exec(readme)![1]!;
  const edges = new Set<string>();
  for (const line of drawing.split('\n')) {
    // A chain `a -- "topic" --> b -- "topic" --> c` holds one edge for each arrow.
    const parts = line.trim().split(/\s+-- "([a-z]+)" -->\s+/);
    for (let i = 0; i + 2 < parts.length; i += 2)
      edges.add(`${parts[i]} ${parts[i + 1]} ${parts[i + 2]!.split(/[([]/)[0]}`);
  }
  const expected = pipeline.flatMap(({ name, publishes }) => {
    if (!publishes) return [];
    const takers = pipeline.filter(({ trigger }) => trigger.kind === 'topic' && trigger.topic === publishes);
    return takers.length
      ? takers.map((taker) => `${name} ${publishes} ${taker.name}`)
      : [`${name} ${publishes} listeners`];
  });
  assert.deepEqual([...edges].sort(), expected.sort());
  for (const { name, trigger } of pipeline) {
    if (trigger.kind === 'cron') assert.match(drawing, new RegExp(`cron(\\(.*\\))? --> ${name}`), name);
  }
});

test('the table of the README shows the topology', () => {
  for (const { name, trigger, publishes } of pipeline) {
    const startedBy = {
      cron: () => `cron \`${trigger.kind === 'cron' && trigger.schedule}\``,
      topic: () => `\`${trigger.kind === 'topic' && trigger.topic}\``,
      'dead-letters': () => 'dead-letter topics',
      http: () => 'HTTP',
    }[trigger.kind]();
    const row = `| \`${name}\` | ${startedBy} |${publishes ? ` \`${publishes}\` ` : ' '}|`;
    assert.ok(readme.includes(row), `README has no row: ${row}`);
  }
});
