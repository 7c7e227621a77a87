import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { root } from './root.ts';
import { threadFile, threadModules } from './thread-modules.ts';

/** A bundle as it was written. */
export interface Bundle {
  /** Of its code: `index.js` and a file for each thread, without source maps. */
  bytes: number;
  /** Packages that are installed beside it, not in it. */
  externals: string[];
  /** Files of which something is in it, by their paths from the root. */
  inputs: string[];
}

/**
 * Not bundled: the framework, which starts the bundle and must be the one that it registers its function with, and the
 * model runtime, a native library.
 */
const external = ['@google-cloud/functions-framework', 'onnxruntime-node'];

/**
 * Loaded but never called, so left out: the admin client of Cloud SQL (3 MB) is for tunnels to instances without a
 * network of ours, `pg-native` is another driver.
 */
const unused = ['@google-cloud/sql', 'pg-native'];

/** What CommonJS modules expect to find around them. */
const commonJs = [
  `import { createRequire as createRequireOfBundle } from 'node:module';`,
  `const require = createRequireOfBundle(import.meta.url);`,
  `const __filename = import.meta.filename, __dirname = import.meta.dirname;`,
].join('');

/** Bundles one entry into `<folder>/index.js`, and what it starts as threads into files beside it; each has its source map. */
export async function bundle(entry: string, folder: string): Promise<Bundle> {
  const threads = new Set<string>();
  const outputs = [describe(await bundleFile(entry, join(folder, 'index.js'), threads))];
  // A set goes on with what is added to it meanwhile: threads may start threads.
  for (const thread of threads) {
    outputs.push(describe(await bundleFile(thread, join(folder, threadFile(thread)), threads)));
  }
  return {
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    externals: external.filter((name) => outputs.some(({ imported }) => imported.has(name))),
    inputs: [...new Set(outputs.flatMap(({ inputs }) => inputs))],
  };
}

async function bundleFile(entry: string, outfile: string, threads: Set<string>): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Shorter names are faster to parse. Errors carry theirs as a field, so logs keep them.
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    banner: { js: commonJs },
    external,
    plugins: [leaveOut(unused), sharePubSubTypes, threadModules(threads)],
    metafile: true,
    logLevel: 'silent',
  });
  return metafile;
}

function describe({ outputs }: Metafile) {
  const [, output] = Object.entries(outputs).find(([path]) => path.endsWith('.js'))!;
  return {
    bytes: output.bytes,
    imported: new Set(output.imports.filter(({ external: isExternal }) => isExternal).map(({ path }) => path)),
    inputs: Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  };
}

/** Puts a module in place of each package that says so when it is used after all. */
function leaveOut(packages: readonly string[]): Plugin {
  return {
    name: 'leave-out',
    setup({ onResolve, onLoad }) {
      const filter = new RegExp(`^(${packages.join('|')})$`);
      onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
      onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
        contents: `module.exports = new Proxy({}, { get(_, name) {
          if (name === '__esModule' || typeof name === 'symbol') return undefined;
          throw new Error('${path} is not in this bundle (infra/build/bundle.ts leaves it out)');
        } });`,
      }));
    },
  };
}

/**
 * The client of Pub/Sub and the generated one below it each have the same message types (0.7 MB), those of the latter
 * being all of the former and some more: both get these.
 */
const sharePubSubTypes: Plugin = {
  name: 'share-pubsub-types',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /\/protos\/protos(\.js)?$/ }, ({ importer, kind, resolveDir }) =>
      importer.includes('/@google-cloud/pubsub/')
        ? resolve('@google-cloud/pubsub-api/build/protos/protos.js', { kind, resolveDir })
        : undefined,
    );
  },
};

/** The package.json of a bundle. */
export interface BundleManifest {
  name: string;
  version: string;
  private: true;
  type: 'module';
  main: string;
  engines: { node: string };
  dependencies: Record<string, string>;
}

/** The package.json of a bundle: exactly its externals, in the versions of the repository. */
export async function bundleManifest(name: string, externals: readonly string[]): Promise<BundleManifest> {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as BundleManifest;
  return {
    name: `destaques-${name}`,
    version: '0.0.0',
    private: true,
    type: 'module',
    main: 'index.js',
    engines: { node: '>=24' },
    dependencies: Object.fromEntries(externals.map((external) => [external, dependencies[external]!])),
  };
}
