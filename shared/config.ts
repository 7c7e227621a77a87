import { z } from 'zod';
import { ConfigError } from './errors.ts';
import { describeIssues, plainMessage } from './schema-messages.ts';

/**
 * Parses the environment by a schema, once, when an instance starts. The only reader of the environment.
 *
 * Values are trimmed and an empty one counts as unset: a secret with a trailing newline once broke production.
 * All problems are reported together.
 *
 * @throws {ConfigError} when a variable is missing or wrong; the text names every such variable.
 */
export function loadConfig<T extends z.ZodObject>(schema: T, env: NodeJS.ProcessEnv = process.env): z.infer<T> {
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]?.trim();
    if (value) values[name] = value;
  }
  const result = schema.safeParse(values, { error: plainMessage });
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) =>
    String(issue.path[0]) in values ? issue : { ...issue, message: 'is not set' },
  );
  throw new ConfigError(`The environment is not usable. ${describeIssues(issues)}`);
}

/** A whole number from its text, within bounds; `Number('')` and `NaN` never pass. */
export function integer(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));
}
