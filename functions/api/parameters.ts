import type { z } from 'zod';
import { plainMessage } from '../../shared/schema-messages.ts';
import { type InvalidParameter, ProblemError } from './problem.ts';

const maxNamed = 20;

/**
 * Reads the parameters of a request by a schema. An empty value counts as not given, as forms send it.
 *
 * @param lists names of those that may be given more than once; the schema sees an array.
 * @throws {ProblemError} 400 that names the parameters that are unknown, given twice or wrong, 20 at most.
 */
export function readParameters<T extends z.ZodObject>(
  schema: T,
  query: URLSearchParams,
  lists: readonly string[] = [],
): z.infer<T> {
  const values: Record<string, string | string[]> = {};
  const invalid: InvalidParameter[] = [];
  for (const parameter of new Set(query.keys())) {
    const given = query.getAll(parameter);
    const [value, ...more] = given.filter((text) => text !== '');
    if (!Object.hasOwn(schema.shape, parameter)) invalid.push({ parameter, detail: 'is not known here' });
    else if (lists.includes(parameter)) {
      if (value !== undefined) values[parameter] = [value, ...more];
    } else if (given.length > 1) invalid.push({ parameter, detail: 'must be given once' });
    else if (value !== undefined) values[parameter] = value;
  }
  const result = schema.safeParse(values, { error: plainMessage });
  if (!result.success) invalid.push(...refusals(result.error));
  else if (invalid.length === 0) return result.data;
  throw invalidParameters(schema, invalid);
}

/** The answer to parameters that cannot be used. */
export function invalidParameters(schema: z.ZodObject, invalid: readonly InvalidParameter[]): ProblemError {
  const first = invalid.slice(0, maxNamed);
  const named = first.map(({ parameter, detail }) => `${parameter} ${detail}`).join('; ');
  const others = invalid.length > maxNamed ? `; and ${invalid.length - maxNamed} more` : '';
  const known = Object.keys(schema.shape).join(', ') || 'none';
  return new ProblemError(400, `Some parameters cannot be used: ${named}${others}. Known here: ${known}.`, {
    invalidParameters: first,
  });
}

/** Of a list, what is wrong with its first wrong item. */
function refusals(error: z.ZodError): InvalidParameter[] {
  const found = error.issues.map(({ path, message }) => ({ parameter: String(path[0]), detail: message }));
  return found.filter(({ parameter }, index) => found.findIndex((one) => one.parameter === parameter) === index);
}
