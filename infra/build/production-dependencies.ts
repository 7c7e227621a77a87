import { cp, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { root } from './root.ts';

interface LockedPackage {
  dev?: boolean;
  devOptional?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
type Lock = Record<string, LockedPackage>;

/** The platform that functions run on: of native packages nothing else is deployed. */
const nativePlatform = join('linux', 'x64');

/**
 * Copies packages and all that they need from the repository's node_modules into a folder's, as `npm ci --omit=dev` would
 * install them there: what only the repository has cannot be found.
 */
export async function copyProductionDependencies(names: readonly string[], folder: string): Promise<void> {
  for (const path of closure(await readLock(), names)) {
    const from = join(root, path);
    await cp(from, join(folder, path), {
      recursive: true,
      dereference: true,
      filter: (source) => isDeployed(relative(from, source)),
    });
  }
}

/** The part of the repository's lockfile that a manifest of some of its packages needs: `npm ci` installs just these. */
export async function lockfileOf(manifest: { name: string; dependencies: Record<string, string> }): Promise<object> {
  const packages = await readLock();
  const locked = closure(packages, Object.keys(manifest.dependencies)).sort();
  return {
    name: manifest.name,
    lockfileVersion: 3,
    requires: true,
    packages: { '': manifest, ...Object.fromEntries(locked.map((path) => [path, asProduction(packages[path]!)])) },
  };
}

/** What the repository only needs for development may be needed in production here. */
function asProduction({ dev: _dev, devOptional: _devOptional, ...locked }: LockedPackage): object {
  return locked;
}

async function readLock(): Promise<Lock> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock };
  return packages;
}

/** Paths of the packages in node_modules, nested ones too, in the way Node finds them. */
function closure(packages: Lock, names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string, from: string) => {
    const path = locate(packages, name, from);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path]!;
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next, path);
  };
  for (const name of names) visit(name, '');
  return [...found];
}

function locate(packages: Lock, name: string, from: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules') - 1))) {
    const path = base ? `${base}/node_modules/${name}` : `node_modules/${name}`;
    if (path in packages) return path;
    if (base === '') return undefined;
  }
}

/** Neither packages within the package, which have a place of their own, nor binaries of other platforms. */
function isDeployed(path: string): boolean {
  if (path.split(/[\\/]/).includes('node_modules')) return false;
  const [, binaries] = /^bin[\\/]napi-v\d+[\\/](.+)$/.exec(path) ?? [];
  return binaries === undefined || nativePlatform.startsWith(binaries) || binaries.startsWith(nativePlatform);
}
