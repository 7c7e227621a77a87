import { joinProblems } from './catalogue/problems.ts';
import type { Agency, AgencyEntry, CatalogueEntries, Source, SourceEntry, ThemeEntry } from './catalogue.ts';
import type { Database, Queryable } from './database.ts';
import { PermanentError } from './errors.ts';
import {
  listAgencies,
  listSources,
  listThemes,
  lockCatalogue,
  upsertAgencies,
  upsertSources,
  upsertThemes,
} from './sql/catalogue.ts';
import type { Theme } from './theme.ts';

/** What an import did to one table: entries are named by key, address or full name. */
export interface ImportedEntries {
  added: string[];
  /** With the fields that changed: `mec (name, url)`. */
  changed: string[];
  /** How many. */
  unchanged: number;
  /** What stays as it is stored although the entry says otherwise: `https://… (platform volto, not classic)`. */
  kept: string[];
  /** Disabled entries of agencies that nobody knows. */
  leftOut: string[];
}

/** What an import did, table by table. */
export interface CatalogueReport {
  agencies: ImportedEntries;
  sources: ImportedEntries;
  themes: ImportedEntries;
}

/**
 * Brings agencies, sources and themes into the database, in one transaction. Nothing is deleted; what an entry leaves
 * out stays as it is stored; rows that would not change are not written, since a new name or label is a new version of
 * every article that shows it.
 *
 * So a source that an operator disabled or enabled stays so unless the entry itself says `active`: that is taken at its
 * word, and reported. The platform of an entry is only a hint for a source of which none is stored: a run, or an
 * operator, has seen the site since the file was written. Of a source's user agent and of the hold on it a file says
 * nothing.
 *
 * @param options.force Load a theme even where its code has meant something else so far.
 * @throws {PermanentError} when a theme code would change its meaning without `force`, or an entry refers to an agency
 * that neither the catalogue nor the database knows (a disabled source of such an agency is only left out). Nothing is
 * written then.
 */
export async function applyCatalogue(
  db: Database,
  catalogue: CatalogueEntries,
  options: { force: boolean },
): Promise<CatalogueReport> {
  const work = async (tx: Queryable): Promise<CatalogueReport> => {
    await lockCatalogue(tx);
    const stored = {
      agencies: await listAgencies(tx),
      sources: await listSources(tx),
      themes: await listThemes(tx),
    };
    const known = new Set([...stored.agencies, ...catalogue.agencies].map(({ key }) => key));
    const isOrphan = ({ agencyKey, isActive }: SourceEntry) => isActive === false && !known.has(agencyKey);
    const orphans = catalogue.sources.filter(isOrphan);
    const wanted = catalogue.sources.filter((entry) => !isOrphan(entry));
    refuseUnknownAgencies(known, catalogue.agencies, wanted);
    if (!options.force) refuseNewMeanings(stored.themes, catalogue.themes);

    const agencies = compare(stored.agencies, catalogue.agencies, mergeAgency, { id: 'key', name: 'key' });
    const sources = compare(stored.sources, wanted, mergeSource, { id: 'url', name: 'url' });
    const kept = keptPlatforms(stored.sources, wanted);
    const themes = compare(stored.themes, catalogue.themes, mergeTheme, { id: 'code', name: 'fullName' });
    if (agencies.writes.length > 0) await upsertAgencies(tx, agencies.writes);
    if (sources.writes.length > 0) await upsertSources(tx, sources.writes);
    if (themes.writes.length > 0) await upsertThemes(tx, themes.writes);

    return {
      agencies: agencies.report,
      sources: { ...sources.report, kept, leftOut: orphans.map(({ url }) => url) },
      themes: themes.report,
    };
  };
  // A new label is a new version of every article that shows it: 40,000 of them take more than a statement may.
  return await db.transaction(work, { isUnlimited: true });
}

/** Sets what files say against what is stored, and finds the rows to write. */
function compare<Row extends object, Entry>(
  stored: readonly Row[],
  entries: readonly Entry[],
  merge: (entry: Entry, before: Row | undefined) => Row,
  fields: { id: keyof Row & keyof Entry; name: keyof Row },
): { report: ImportedEntries; writes: Row[] } {
  const storedById = new Map<unknown, Row>(stored.map((row) => [row[fields.id], row]));
  const report: ImportedEntries = { added: [], changed: [], unchanged: 0, kept: [], leftOut: [] };
  const writes: Row[] = [];
  for (const entry of entries) {
    const before = storedById.get(entry[fields.id]);
    const after = merge(entry, before);
    const changes = before ? changedFields(before, after) : [];
    if (before && changes.length === 0) {
      report.unchanged += 1;
      continue;
    }
    writes.push(after);
    const name = String(after[fields.name]);
    if (before) report.changed.push(`${name} (${changes.join(', ')})`);
    else report.added.push(name);
  }
  return { report, writes };
}

function changedFields<Row extends object>(before: Row, after: Row): string[] {
  const fields = Object.keys(after) as (keyof Row & string)[];
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}

function mergeAgency(entry: AgencyEntry, before: Agency | undefined): Agency {
  return {
    key: entry.key,
    name: entry.name,
    type: entry.type ?? before?.type ?? null,
    parentKey: entry.parentKey ?? before?.parentKey ?? null,
    url: entry.url ?? before?.url ?? null,
  };
}

function mergeSource(entry: SourceEntry, before: Source | undefined): Source {
  const isActive = entry.isActive ?? before?.isActive ?? true;
  return {
    agencyKey: entry.agencyKey,
    url: entry.url,
    platform: before?.platform ?? entry.platform,
    isActive,
    disabledReason: isActive ? null : (entry.disabledReason ?? before?.disabledReason ?? null),
    disabledAt: isActive ? null : (entry.disabledAt ?? before?.disabledAt ?? null),
  };
}

function keptPlatforms(stored: readonly Source[], entries: readonly SourceEntry[]): string[] {
  const platforms = new Map(stored.map(({ url, platform }) => [url, platform]));
  return entries.flatMap(({ url, platform }) => {
    const known = platforms.get(url);
    return known && platform && known !== platform ? [`${url} (platform ${known}, not ${platform})`] : [];
  });
}

function mergeTheme({ origin: _, ...entry }: ThemeEntry, before: Theme | undefined): Theme {
  // Words that spoke for another meaning do not speak for this one.
  if (!before || !isSameMeaning(before.label, entry.label)) return entry;
  return {
    ...entry,
    description: entry.description ?? before.description,
    keywords: entry.keywords.length > 0 ? entry.keywords : before.keywords,
  };
}

function refuseUnknownAgencies(
  known: ReadonlySet<string>,
  agencies: readonly AgencyEntry[],
  sources: readonly SourceEntry[],
): void {
  const problems = [
    ...agencies
      .filter(({ parentKey }) => parentKey !== null && !known.has(parentKey))
      .map(({ origin, key, parentKey }) => `${origin} ${key} has the unknown parent ${parentKey}`),
    ...sources
      .filter(({ agencyKey }) => !known.has(agencyKey))
      .map(({ origin, agencyKey, url }) => `${origin} ${url} belongs to the unknown agency ${agencyKey}`),
  ];
  if (problems.length > 0) throw new PermanentError(joinProblems(problems));
}

function refuseNewMeanings(stored: readonly Theme[], entries: readonly ThemeEntry[]): void {
  const labels = new Map(stored.map(({ code, label }) => [code, label]));
  const problems = entries.flatMap(({ code, label, origin }) => {
    const before = labels.get(code);
    if (before === undefined || isSameMeaning(before, label)) return [];
    return `${origin} ${code} means "${before}" and would become "${label}"`;
  });
  if (problems.length > 0) {
    throw new PermanentError(
      `A theme code must keep its meaning for the news that may carry it; --force changes it all the same: ${joinProblems(problems)}`,
    );
  }
}

/** Another case, accent or spacing is another spelling, not another theme. */
function isSameMeaning(label: string, other: string): boolean {
  return plain(label) === plain(other);
}

function plain(label: string): string {
  return label.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}
