import type { DatasetRow } from '../../shared/dataset-schema.ts';

/** A theme as a row of the dataset names it. */
export interface ThemeRef {
  level: 1 | 2 | 3;
  code: string | null;
  label: string | null;
}

const levels = [1, 2, 3] as const;
/** A code of the taxonomy: two digits a level. */
export const THEME_CODE = /^\d\d(?:\.\d\d){0,2}$/;
/** `01 - Economia e Finanças`, as some shards have it in one text. */
const FULL_NAME = /^(\d\d(?:\.\d\d){0,2})\s*[-–]\s*(\S.*)$/;

/** The themes that a row names, from the first level down. Old shards say only the first, or only the most specific. */
export function themeRefs(row: DatasetRow): ThemeRef[] {
  const named = [
    refOf(1, row.theme_1_level_1_code, row.theme_1_level_1_label ?? row.theme_1_level_1),
    refOf(2, row.theme_1_level_2_code, row.theme_1_level_2_label),
    refOf(3, row.theme_1_level_3_code, row.theme_1_level_3_label),
  ];
  const specific = row.most_specific_theme_code?.trim() || null;
  // What is no code says nothing of the levels above it: it is only reported.
  const isCode = specific !== null && THEME_CODE.test(specific);
  const depth = isCode ? (specific.length + 1) / 3 : 0;
  return levels.flatMap((level) => {
    const given = named[level - 1];
    if (given) return [given];
    if (specific !== null && !isCode && level === 3) return [{ level, code: specific, label: null }];
    if (specific === null || level > depth) return [];
    const label = level === depth ? row.most_specific_theme_label : null;
    return refOf(level, specific.slice(0, level * 3 - 1), label) ?? [];
  });
}

function refOf(level: 1 | 2 | 3, code: string | null, label: string | null): ThemeRef | undefined {
  const [, codeInLabel, name] = FULL_NAME.exec(label?.trim() ?? '') ?? [];
  const foundCode = code?.trim() || codeInLabel || null;
  const foundLabel = name ?? (label?.trim() || null);
  if (foundCode === null && foundLabel === null) return undefined;
  // A code in place of the label says nothing more.
  return { level, code: foundCode, label: foundLabel === foundCode ? null : foundLabel };
}
