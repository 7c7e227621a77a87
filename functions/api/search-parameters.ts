import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { day } from '../../shared/window.ts';

const maxQueryCharacters = 1000;

/** The parameters of a search, from their texts. */
export const searchParameters = z
  .object({
    q: z
      .string()
      .refine((value) => [...value].length <= maxQueryCharacters, `must have at most ${maxQueryCharacters} characters`)
      .refine((value) => !value.includes('\0'), 'must not contain the character NUL')
      .transform((value) => value.trim())
      .default(''),
    agency: z
      .string()
      .regex(/^[a-z0-9_-]+(,[a-z0-9_-]+)*$/, 'must be keys of agencies, separated by commas')
      .transform((value) => value.split(','))
      .optional(),
    theme: z
      .string()
      .regex(/^\d\d(\.\d\d){0,2}$/, 'must be the code of a theme, as NN, NN.NN or NN.NN.NN')
      .optional(),
    from: day.optional(),
    to: day.optional(),
    limit: integer(1, 100).default(10),
  })
  .refine(({ from, to }) => !from || !to || from <= to, { path: ['from'], error: 'must not be after to' });
export type SearchRequest = z.infer<typeof searchParameters>;
