import { z } from 'zod';
import type { CatalogueEntries, ThemeEntry } from '../catalogue.ts';
import { PermanentError } from '../errors.ts';
import { list, optionalText, text } from './fields.ts';
import { parsePart, type YamlFile } from './yaml-file.ts';

type Path = readonly PropertyKey[];

const themeNode = z.object({
  code: z.string().trim(),
  label: text,
  description: optionalText,
  keywords: list(text),
  // Each level is checked when it is read.
  children: list(z.unknown()),
});

/** Section `themes`, in our own file and in the predecessor's enriched tree: nodes with description and keywords. */
export function readThemeList(file: YamlFile, path: Path, part: unknown): Partial<CatalogueEntries> {
  const themes: ThemeEntry[] = [];
  const read = (at: Path, content: unknown, parentCode: string | null) => {
    for (const [index, node] of parsePart(file, at, content, list(themeNode)).entries()) {
      const place = [...at, index];
      const theme = createTheme(node, parentCode, file.locate(place));
      themes.push(theme);
      read([...place, 'children'], node.children, theme.code);
    }
  };
  read(path, part, null);
  return { themes };
}

/** The predecessor's `themes_tree.yaml`: `01 - Label` holds a map of `01.01 - Label`, which holds a list of `01.01.01 - Label`. */
export function readThemeTree(file: YamlFile, heading: string, part: unknown): Partial<CatalogueEntries> {
  const themes: ThemeEntry[] = [];
  const read = (place: Path, node: string, content: unknown, parentCode: string | null) => {
    const origin = file.locate(place);
    const [, code, label] = /^([\d.]+)\s*[-–—]\s*(.+)$/.exec(node.trim()) ?? [];
    if (!code || !label) throw new PermanentError(`${origin} "${node}" is not "01 - Label"`);
    const theme = createTheme({ code, label, description: null, keywords: [] }, parentCode, origin);
    themes.push(theme);
    if (Array.isArray(content)) {
      for (const [index, child] of parsePart(file, place, content, list(text)).entries()) {
        read([...place, index], child, null, theme.code);
      }
    } else if (content) {
      for (const [child, below] of Object.entries(parsePart(file, place, content, z.record(z.string(), z.unknown())))) {
        read([...place, child], child, below, theme.code);
      }
    }
  };
  read([heading], heading, part, null);
  return { themes };
}

function createTheme(
  node: { code: string; label: string; description: string | null; keywords: readonly string[] },
  parentCode: string | null,
  origin: string,
): ThemeEntry {
  const { code, label, description } = node;
  const depth = code.split('.').length;
  const level = depth === 1 || depth === 2 || depth === 3 ? depth : null;
  if (!level || !/^\d{2}(?:\.\d{2})*$/.test(code)) {
    throw new PermanentError(`${origin} theme code "${code}" is not NN, NN.NN or NN.NN.NN`);
  }
  if (code.slice(0, -3) !== (parentCode ?? '')) {
    throw new PermanentError(
      `${origin} theme ${code} does not extend ${parentCode ?? 'nothing'}, which it stands under`,
    );
  }
  return {
    code,
    label,
    fullName: `${code} - ${label}`,
    level,
    parentCode,
    description,
    keywords: [...new Set(node.keywords)],
    origin,
  };
}
