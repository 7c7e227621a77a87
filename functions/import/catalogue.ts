import { agencyKey } from '../../shared/catalogue/fields.ts';
import type { Database } from '../../shared/database.ts';
import type { DatasetRow } from '../../shared/dataset-schema.ts';
import {
  insertAgencies,
  insertThemes,
  type KnownTheme,
  type NewTheme,
  readAgencies,
  readThemes,
} from './catalogue-sql.ts';
import { THEME_CODE, type ThemeRef, themeRefs } from './theme-refs.ts';

const maxAgencyKeyLength = 100;
const maxLabelLength = 200;

/** The agencies and themes that imported rows refer to. */
export interface ImportCatalogue {
  /** Id of an agency; undefined for an unknown one. */
  agencyId(key: string): number | undefined;
  /** The theme of that meaning: by its code, unless the code has another label here; then by the label, on that level. */
  theme(ref: ThemeRef): KnownTheme | undefined;
  /** Whether there is a theme of that code, whatever its label. */
  hasCode(code: string): boolean;
  /**
   * Makes what rows refer to and nobody knows, named as the data has it; returns what was made. What is no key, no code
   * or no name of a theme is not made, nor are the themes of a row whose agency is not.
   */
  create(rows: readonly DatasetRow[]): Promise<{ agencies: string[]; themes: string[] }>;
}

export async function openCatalogue(db: Database): Promise<ImportCatalogue> {
  const agencies = new Map<string, number>();
  const themes = new Map<string, KnownTheme>();
  const byLabel = new Map<string, KnownTheme>();
  const load = async () => {
    for (const { key, id } of await readAgencies(db)) agencies.set(key, id);
    for (const theme of await readThemes(db)) {
      themes.set(theme.code, theme);
      byLabel.set(labelKey(theme.level, theme.label), theme);
    }
  };
  await load();

  const theme = ({ code, label, level }: ThemeRef) => {
    const found = code === null ? undefined : themes.get(code);
    const hasOtherLabel = found && label !== null && label !== found.label && plain(label) !== plain(found.label);
    if (found && found.level === level && !hasOtherLabel) return found;
    return label === null ? undefined : byLabel.get(labelKey(level, label));
  };

  return {
    agencyId: (key) => agencies.get(key),
    theme,
    hasCode: (code) => themes.has(code),
    async create(rows) {
      const newAgencies = new Set<string>();
      const newThemes = new Map<string, NewTheme>();
      for (const row of rows) {
        if (row.agency !== null && !agencies.has(row.agency)) {
          if (!isAgencyKey(row.agency)) continue;
          newAgencies.add(row.agency);
        }
        for (const ref of themeRefs(row)) {
          const isKnown = ref.code === null || themes.has(ref.code) || newThemes.has(ref.code) || theme(ref);
          if (!isKnown && isCreatable(ref)) newThemes.set(ref.code, { ...ref, label: ref.label ?? ref.code });
        }
      }
      // A theme stands under another, which may be unknown as well.
      const created = [...newThemes.values()]
        .sort((a, b) => a.level - b.level)
        .filter(({ code, level }) => {
          const parent = code.slice(0, -3);
          const hasParent = level === 1 || themes.has(parent) || newThemes.has(parent);
          if (!hasParent) newThemes.delete(code);
          return hasParent;
        });
      if (newAgencies.size === 0 && created.length === 0) return { agencies: [], themes: [] };
      await db.transaction(async (tx) => {
        if (newAgencies.size > 0) await insertAgencies(tx, [...newAgencies]);
        if (created.length > 0) await insertThemes(tx, created);
      });
      await load();
      return { agencies: [...newAgencies], themes: created.map(({ code, label }) => `${code} ${label}`) };
    },
  };
}

function isAgencyKey(key: string): boolean {
  return key.length <= maxAgencyKeyLength && agencyKey.safeParse(key).success;
}

function isCreatable(ref: ThemeRef): ref is ThemeRef & { code: string } {
  const { code, label, level } = ref;
  if (code === null || !THEME_CODE.test(code) || code.length !== level * 3 - 1) return false;
  return label === null || (label.length <= maxLabelLength && /^\P{Cc}+$/u.test(label));
}

/** Another case, accent or spacing is another spelling, not another theme. */
function plain(label: string): string {
  return label.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}

function labelKey(level: number, label: string): string {
  return `${level} ${plain(label)}`;
}
