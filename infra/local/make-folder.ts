import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { ConfigError, errorMessage } from '../../shared/errors.ts';

/**
 * Makes a folder of the data folder, where it is absent.
 *
 * @throws {ConfigError} when that cannot be, or this user may not write there.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new ConfigError(`${folder} cannot be a folder: a part of that path is a file; choose another with --data`, {
        cause,
      });
    }
    throw new ConfigError(
      `${folder} cannot be read and written by this user (${code ?? errorMessage(cause)}): ` +
        'change its rights, or choose another folder with --data',
      { cause },
    );
  }
}
