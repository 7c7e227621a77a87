import type { z } from 'zod';
import { plainMessage } from '../../shared/schema-messages.ts';
import { type InvalidParameter, ProblemError } from './problem.ts';

/**
 * Reads the parameters of a request by a schema. An empty value counts as not given, as forms send it.
 *
 * @throws {ProblemError} 400 that names every parameter that is unknown, given twice or wrong.
 */
export function readParameters<T extends z.ZodObject>(schema: T, query: URLSearchParams): z.infer<T> {
  const values: Record<string, string> = {};
  const invalid: InvalidParameter[] = [];
  for (const parameter of new Set(query.keys())) {
    const [value, ...more] = query.getAll(parameter);
    if (!Object.hasOwn(schema.shape, parameter)) invalid.push({ parameter, detail: 'is not known here' });
    else if (more.length > 0) invalid.push({ parameter, detail: 'must be given once' });
    else if (value) values[parameter] = value;
  }
  const result = schema.safeParse(values, { error: plainMessage });
  if (!result.success) {
    invalid.push(...result.error.issues.map(({ path, message }) => ({ parameter: path.join('.'), detail: message })));
  } else if (invalid.length === 0) {
    return result.data;
  }
  const named = invalid.map(({ parameter, detail }) => `${parameter} ${detail}`).join('; ');
  const known = Object.keys(schema.shape).join(', ') || 'none';
  throw new ProblemError(400, `Some parameters cannot be used: ${named}. Known here: ${known}.`, {
    invalidParameters: invalid,
  });
}
