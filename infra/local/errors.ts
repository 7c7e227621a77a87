/** The command was called wrongly: one line, exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}
