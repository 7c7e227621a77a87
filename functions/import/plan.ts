import { openShard } from '../../shared/dataset-reader.ts';
import type { DatasetFile, DatasetSource } from '../../shared/dataset-source.ts';
import { errorMessage, PermanentError } from '../../shared/errors.ts';

/** A file whose footer was read. */
export interface PlannedFile {
  file: DatasetFile;
  rowCount: number;
  fingerprint: string;
}

const maxProblems = 10;

/**
 * Reads the footers of all files: what is no shard of the dataset is refused before the first row is written.
 *
 * @throws {PermanentError} when a file is damaged or of another schema; the text names each.
 */
export async function planFiles({ files }: DatasetSource): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      const { rowCount, fingerprint, close } = await openShard(file);
      await close();
      planned.push({ file, rowCount, fingerprint });
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      problems.push(errorMessage(error));
    }
  }
  if (problems.length > 0) {
    const more = problems.length > maxProblems ? `; and ${problems.length - maxProblems} more` : '';
    throw new PermanentError(`Nothing was imported. ${problems.slice(0, maxProblems).join('; ')}${more}`);
  }
  return planned;
}
