import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { ignoringAbsence } from '../folder-errors.ts';

const FILE = 'model-source.json';

const sourceSchema = z.object({
  /** `owner/name` on the Hub. */
  id: z.string(),
  /** As it was asked for; absent where none was. */
  revision: z.string().optional(),
  commit: z.string(),
  /** By their path in the folder. */
  files: z.record(z.string(), z.object({ sizeBytes: z.number(), sha256: z.string() })),
});

/** Where the files of a model folder come from, and what they are: lies in the folder, wherever that is copied. */
export type ModelSource = z.infer<typeof sourceSchema>;

export async function writeModelSource(folder: string, source: ModelSource): Promise<void> {
  await writeFile(join(folder, FILE), `${JSON.stringify(source, null, 2)}\n`);
}

/**
 * Undefined for a folder that `fetchModel` did not make.
 *
 * @throws {ConfigError} when the file is not what `writeModelSource` writes.
 */
export async function readModelSource(folder: string): Promise<ModelSource | undefined> {
  const text = await ignoringAbsence(readFile(join(folder, FILE), 'utf8'));
  if (text === undefined) return undefined;
  try {
    return sourceSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConfigError(`${join(folder, FILE)} is damaged: fetch the model again, or remove that file`, { cause });
  }
}

/** What the model is called on rows, before its file: the revision belongs to it where one was asked for. */
export function sourceName({ id, revision }: Pick<ModelSource, 'id' | 'revision'>): string {
  return revision === undefined ? id : `${id}@${revision}`;
}
