import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { describeIssues, plainMessage } from '../../shared/schema-messages.ts';

const refused = (schema: z.ZodType, value: unknown) =>
  describeIssues(schema.safeParse(value, { error: plainMessage }).error?.issues ?? []);

const cases: [schema: z.ZodType, value: unknown, text: string][] = [
  [z.object({ name: z.string() }), {}, 'name: is missing'],
  [z.object({ name: z.string() }), { name: 1 }, 'name: must be text'],
  [
    z.object({ list: z.array(z.number()) }),
    { list: ['a', 1, null] },
    'list.0: must be a number; list.2: must be a number',
  ],
  [z.object({}), [], 'must be a set of named fields'],
  [z.strictObject({}), { a: 1, b: 2 }, 'holds "a", "b", which is not known here'],
  [z.number().min(1), 0, 'must be at least 1'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().max(100), 101, 'must be at most 100'],
  [z.number().lt(100), 100, 'must be less than 100'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().max(3), 'four', 'must have at most 3 characters'],
  [z.string().length(3), 'four', 'must have exactly 3 characters'],
  [z.array(z.string()).min(1), [], 'must not be empty'],
  [z.array(z.string()).min(2), [], 'must have at least 2 items'],
  [z.enum(['a', 'b']), 'c', 'must be one of a, b'],
  [z.literal('a'), 'c', 'must be a'],
  [z.url(), 'x', 'must be a URL'],
  [z.url({ protocol: /^https$/ }), 'http://x', 'must be a URL with the protocol https'],
  [z.iso.date(), 'x', 'must be a day that exists, as YYYY-MM-DD'],
  [z.record(z.string().regex(/a/, 'must hold an a'), z.string()), { b: '' }, 'b: must hold an a'],
  [z.union([z.string(), z.number()]), null, 'must be text, or must be a number'],
  [z.string().min(2, 'is too short for us'), 'a', 'is too short for us'],
];
for (const [index, [schema, value, text]] of cases.entries()) {
  test(`${index + 1}: ${text}`, () => assert.equal(refused(schema, value), text));
}
