import { z } from 'zod';
import { integer } from '../../../shared/config.ts';
import type { ArticleFilter } from '../../../shared/sql/article-filter.ts';
import { day } from '../../../shared/window.ts';
import { facetNames } from './contract.ts';
import { countWords } from './query-terms.ts';

const maxQueryCharacters = 1000;
/** Each is looked for, and the places of each compared. */
const maxWords = 64;
const maxAgencies = 200;
const maxTags = 20;
const maxTagCharacters = 500;
const maxCursorCharacters = 1000;

const withoutNul = z.string().refine((value) => !value.includes('\0'), 'must not contain the character NUL');
const hasAtMost = (limit: number) => (value: string) => [...value].length <= limit;

const filterParameters = {
  agency: z
    .array(z.string().regex(/^[a-z0-9_-]+(,[a-z0-9_-]+)*$/, 'must be keys of agencies, separated by commas'))
    .transform((values) => values.flatMap((value) => value.split(',')))
    .refine((keys) => keys.length <= maxAgencies, `must be at most ${maxAgencies} agencies`)
    .optional(),
  theme: z
    .string()
    .regex(/^\d\d(\.\d\d){0,2}$/, 'must be the code of a theme, as NN, NN.NN or NN.NN.NN')
    .optional(),
  from: day.optional(),
  to: day.optional(),
};
const isWindow = ({ from, to }: { from?: string | undefined; to?: string | undefined }) => !from || !to || from <= to;
const notAWindow = { path: ['from'], error: 'must not be after to' };

/** Those that may be given more than once. */
export const listParameters = ['agency', 'tag'] as const;

/** The parameters of a search, from their texts. */
export const searchParameters = z
  .object({
    q: withoutNul
      .refine(hasAtMost(maxQueryCharacters), `must have at most ${maxQueryCharacters} characters`)
      .transform((value) => value.trim())
      .refine((value) => countWords(value) <= maxWords, `must have at most ${maxWords} different words`)
      .default(''),
    ...filterParameters,
    tag: z
      .array(withoutNul.refine(hasAtMost(maxTagCharacters), `must have at most ${maxTagCharacters} characters`))
      .refine((tags) => tags.length <= maxTags, `must be at most ${maxTags} tags`)
      .optional(),
    has_summary: z
      .enum(['true', 'false'])
      .transform((value) => value === 'true')
      .optional(),
    facets: z
      .string()
      .transform((value) => [...new Set(value.split(','))])
      .pipe(z.array(z.enum(facetNames, `must be some of ${facetNames.join(', ')}, separated by commas`)))
      .default([]),
    sort: z.enum(['relevance', 'date']).optional(),
    limit: integer(1, 100).default(10),
    cursor: z.string().max(maxCursorCharacters).optional(),
  })
  .refine(isWindow, notAWindow)
  .refine(({ q, sort }) => q !== '' || sort !== 'relevance', {
    path: ['sort'],
    error: 'must be date where no words are looked for with q',
  });
export type SearchRequest = z.infer<typeof searchParameters>;

/** The parameters of the articles nearest to one. */
export const similarParameters = z
  .object({ ...filterParameters, limit: integer(1, 100).default(10) })
  .refine(isWindow, notAWindow);
export type SimilarRequest = z.infer<typeof similarParameters>;

/** The part of a request that narrows. */
export function filterOf(request: SimilarRequest & Partial<Pick<SearchRequest, 'tag' | 'has_summary'>>): ArticleFilter {
  const { agency, theme, tag, from, to, has_summary: hasSummary } = request;
  return { agency, theme, tag, from, to, hasSummary };
}
