import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAgencyList, readAgencyMap, readSiteUrls } from './catalogue/agency-files.ts';
import { readThemeList, readThemeTree } from './catalogue/theme-files.ts';
import { readYamlFile, type YamlFile } from './catalogue/yaml-file.ts';
import { errorText, PermanentError } from './errors.ts';
import type { Platform } from './platform.ts';
import type { Theme } from './theme.ts';

/** A publisher of news, as stored in `agencies`. */
export interface Agency {
  /** Segment of its address on www.gov.br: what news, index and dataset refer to. */
  key: string;
  name: string;
  /** Kind of body, in Portuguese. */
  type: string | null;
  parentKey: string | null;
  url: string | null;
}

/** A news listing of an agency, as stored in `sources`. */
export interface Source {
  agencyKey: string;
  /** First page, https, without a slash at the end. */
  url: string;
  /** A hint: the platform is detected on every run. */
  platform: Platform | null;
  isActive: boolean;
  disabledReason: string | null;
  disabledAt: Date | null;
}

/** Where an entry was read: `agencies.yaml:12`. */
interface Located {
  origin: string;
}

/** An agency as a file gives it. */
export type AgencyEntry = Agency & Located;
/** `isActive` is null where the file leaves it to the operator. */
export type SourceEntry = Omit<Source, 'isActive'> & { isActive: boolean | null } & Located;
/** A theme as a file gives it. */
export type ThemeEntry = Theme & Located;

/** What one file says; a field that it leaves out is null, or empty. */
export interface CatalogueEntries {
  agencies: AgencyEntry[];
  sources: SourceEntry[];
  /** Each after the theme it stands under. */
  themes: ThemeEntry[];
}

/** What catalogue files say together, and what an operator should know about them. */
export interface Catalogue extends CatalogueEntries {
  notes: string[];
}

const ownFolder = fileURLToPath(new URL('catalogue', import.meta.url));

/**
 * Reads agencies, sources and themes from files, and from all YAML files of folders; without paths, the catalogue of
 * this project. The format of each section is found by its content: ours (described at the head of the files in
 * `shared/catalogue/`), or one of the predecessor's (`agencies.yaml`, `site_urls.yaml`, `themes_tree.yaml` and its
 * enriched form). Any file may list only part.
 *
 * @throws {PermanentError} when a file cannot be read, breaks its format, or an agency, address or theme stands twice,
 * or there is no entry at all; the text names file, line and entry.
 */
export async function readCatalogue(paths: string | readonly string[] = ownFolder): Promise<Catalogue> {
  const names = await Promise.all([paths].flat().map(listFiles));
  const entries: CatalogueEntries = { agencies: [], sources: [], themes: [] };
  const notes: string[] = [];
  for (const name of new Set(names.flat())) {
    const sections = readSections(await readYamlFile(name));
    if (sections.length === 0) notes.push(`${name} is empty`);
    for (const section of sections) {
      entries.agencies.push(...(section.agencies ?? []));
      entries.sources.push(...(section.sources ?? []));
      entries.themes.push(...(section.themes ?? []));
    }
  }
  if (Object.values(entries).every((list: unknown[]) => list.length === 0)) {
    throw new PermanentError(`${[paths].flat().join(', ')} holds no agency, source or theme`);
  }
  const sources = dropDisabledTwins(entries.sources, notes);
  refuseTwins('agency', entries.agencies, ({ key }) => key);
  refuseTwins('address', sources, ({ url }) => url);
  refuseTwins('theme', entries.themes, ({ code }) => code);
  for (const { url, origin } of sources) {
    if (/\/20\d\d(?:\/|$)/.test(url)) notes.push(`${origin} ${url} holds a year and goes stale when it ends`);
  }
  return { ...entries, sources, notes };
}

async function listFiles(name: string): Promise<string[]> {
  try {
    if (!(await stat(name)).isDirectory()) return [path.normalize(name)];
    const found = (await readdir(name)).filter((file) => /\.ya?ml$/.test(file)).sort();
    if (found.length > 0) return found.map((file) => path.join(name, file));
  } catch (error) {
    throw new PermanentError(`${name} cannot be read (${errorText(error)})`, { cause: error });
  }
  throw new PermanentError(`${name} holds no YAML file`);
}

function readSections(file: YamlFile): Partial<CatalogueEntries>[] {
  const { content } = file;
  if (content === null || content === '') return [];
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new PermanentError(`${file.name} is not a catalogue: it has no sections`);
  }
  return Object.entries(content).map(([name, part]: [string, unknown]) => {
    if (name === 'agencies') {
      return isMapping(part) ? readSiteUrls(file, [name], part) : readAgencyList(file, [name], part);
    }
    if (name === 'sources') return readAgencyMap(file, [name], part);
    if (name === 'themes') return readThemeList(file, [name], part);
    if (/^\d/.test(name)) return readThemeTree(file, name, part);
    throw new PermanentError(
      `${file.locate([name])} unknown section "${name}": expected agencies, sources, themes or "01 - Label"`,
    );
  });
}

function isMapping(part: unknown): boolean {
  return typeof part === 'object' && part !== null && !Array.isArray(part);
}

/** Dead entries are often parked on one common address; that must not stop the living. */
function dropDisabledTwins(sources: readonly SourceEntry[], notes: string[]): SourceEntry[] {
  const keepers = new Map<string, SourceEntry>();
  for (const source of sources) {
    const keeper = keepers.get(source.url);
    if (!keeper || (keeper.isActive === false && source.isActive !== false)) keepers.set(source.url, source);
  }
  return sources.filter((source) => {
    const keeper = keepers.get(source.url)!;
    if (source === keeper || source.isActive !== false) return true;
    notes.push(
      `${source.origin} ${source.agencyKey} is disabled and shares ${source.url} with ${keeper.agencyKey}: left out`,
    );
    return false;
  });
}

function refuseTwins<T extends Located>(kind: string, entries: readonly T[], identity: (entry: T) => string): void {
  const origins = new Map<string, string>();
  for (const entry of entries) {
    const name = identity(entry);
    const earlier = origins.get(name);
    if (earlier) throw new PermanentError(`${entry.origin} ${kind} ${name} stands already in ${earlier}`);
    origins.set(name, entry.origin);
  }
}
