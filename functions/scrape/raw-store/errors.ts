import { PermanentError } from '../../../shared/errors.ts';

/** No raw page is kept under this path (any more). */
export class MissingRawPageError extends PermanentError {
  override name = 'MissingRawPageError';
  readonly path: string;
  constructor(path: string, options?: ErrorOptions) {
    super(`There is no raw page at ${path}`, options);
    this.path = path;
  }
}

/** What is kept under this path is not what was saved: cut short, altered, or without its metadata. */
export class DamagedRawPageError extends PermanentError {
  override name = 'DamagedRawPageError';
  readonly path: string;
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`The raw page at ${path} is damaged: ${reason}`, options);
    this.path = path;
  }
}
