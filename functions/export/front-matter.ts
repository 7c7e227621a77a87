import { Document, isMap, parseDocument } from 'yaml';

/** Where the shards of the dataset lie, for whatever loads it. */
const dataFiles = [{ split: 'train', path: 'data/train-*.parquet' }];

/** What a card says in its front matter unless people said something else. */
export interface CardDefaults {
  title: string;
}

/**
 * Brings the metadata of a dataset card up to date: the files of the configuration `default` are ours, sizes and types
 * of an earlier making (`dataset_info`) go, all else stays as people wrote it.
 *
 * @param yaml the front matter without its fences; null without one.
 * @returns null when it is no YAML that can be read: a machine had better not guess at it.
 */
export function mergeFrontMatter(yaml: string | null, defaults: CardDefaults): string | null {
  try {
    return merge(yaml, defaults);
  } catch {
    // An alias whose anchor stood where our files stand now, say.
    return null;
  }
}

function merge(yaml: string | null, { title }: CardDefaults): string | null {
  const parsed = parseDocument(yaml ?? '');
  if (parsed.errors.length > 0 || (parsed.contents !== null && !isMap(parsed.contents))) return null;
  const document: Document = parsed.contents === null ? new Document({}) : parsed;
  for (const [key, value] of Object.entries({ pretty_name: title, language: ['pt'], license: 'other' })) {
    if (!document.has(key)) document.set(key, document.createNode(value));
  }
  document.delete('dataset_info');
  const { configs } = document.toJS() as { configs?: unknown };
  const others = Array.isArray(configs) ? configs.filter((config) => !isDefault(config)) : [];
  const merged = [{ config_name: 'default', data_files: dataFiles }, ...others];
  if (JSON.stringify(configs) !== JSON.stringify(merged)) document.set('configs', document.createNode(merged));
  return document.toString({ lineWidth: 0 }).trimEnd();
}

function isDefault(config: unknown): boolean {
  return typeof config === 'object' && config !== null && 'config_name' in config && config.config_name === 'default';
}
