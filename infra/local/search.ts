import type { z } from 'zod';
import { openIndexes, usualTimeouts } from '../../functions/api/config.ts';
import { readParameters } from '../../functions/api/parameters.ts';
import { ProblemError } from '../../functions/api/problem.ts';
import { openSearchModel } from '../../functions/api/search/model.ts';
import { listParameters, searchParameters, similarParameters } from '../../functions/api/search/parameters.ts';
import { type SearchAnswer, type SearchDeps, search } from '../../functions/api/search/search.ts';
import { findSimilar, type SimilarAnswer } from '../../functions/api/search/similar.ts';
import { createVectorCheck } from '../../functions/api/search/vector-check.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { countVectorsByModel, hasVectorsOf } from '../../shared/sql/embedding-column.ts';
import { createStorage } from '../../shared/storage.ts';
import { cliLogger } from './cli-deps.ts';
import { UsageError } from './errors.ts';
import { withDatabase } from './local-database.ts';
import type { GlobalOptions } from './options.ts';
import { loadLocalSettings } from './settings.ts';

/** As they were typed: the API's own rules decide. */
export interface SearchOptions extends GlobalOptions {
  agency?: string;
  theme?: string;
  tag?: string[];
  from?: string;
  to?: string;
  hasSummary?: string;
  sort?: string;
  limit?: string;
  cursor?: string;
  facets?: string;
  similar?: string;
  model?: string;
}

/** A person who has loaded a model waits for what it says. */
const patienceMs = 60_000;

/**
 * Searches the database of the options; the answer is that of the API.
 *
 * @throws {UsageError} when the API would refuse the call.
 */
export async function runSearch(
  words: string | undefined,
  options: SearchOptions,
): Promise<SearchAnswer | SimilarAnswer> {
  const ask = readCall(words, options);
  return await withDatabase(options, async (db) => {
    const log = cliLogger(options);
    const settings = loadLocalSettings(options.model);
    const indexes = openIndexes(settings, db, { statementTimeoutMs: patienceMs });
    const encoder = await createEncoder(encoderOptions(settings), { log });
    try {
      const deps = {
        storage: createStorage({ db }),
        ...indexes,
        hasVectors: createVectorCheck({ hasVectors: (model) => hasVectorsOf(db, model), log }),
        searchModel: openSearchModel(settings, { encoder, countVectors: () => countVectorsByModel(db), log }),
        log,
        ...usualTimeouts,
        encoderTimeoutMs: patienceMs,
      };
      return await asUsage(() => ask(deps, new AbortController().signal));
    } finally {
      indexes.close();
      await encoder.close();
    }
  });
}

type Ask = (deps: SearchDeps, deadline: AbortSignal) => Promise<SearchAnswer | SimilarAnswer>;

/** Read before anything is opened. */
function readCall(words: string | undefined, options: SearchOptions): Ask {
  const { agency, theme, tag, from, to, hasSummary, sort, limit, cursor, facets, similar } = options;
  const values = { q: words, agency, theme, tag, from, to, has_summary: hasSummary, sort, limit, cursor, facets };
  const given = Object.entries(values).flatMap(([name, value]) =>
    [value ?? []].flat().map((text): [string, string] => [name, text]),
  );
  const read = <T extends z.ZodObject>(schema: T) =>
    refuseAsUsage(() => readParameters(schema, new URLSearchParams(given), listParameters));
  if (similar === undefined) {
    const request = read(searchParameters);
    return (deps, deadline) => search(request, deps, deadline);
  }
  const request = read(similarParameters);
  return (deps, deadline) => findSimilar(similar, request, deps, deadline);
}

function refuseAsUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toUsageError(error);
  }
}

async function asUsage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toUsageError(error);
  }
}

/** With the names that options have here. */
function toUsageError(error: unknown): unknown {
  if (!(error instanceof ProblemError) || !error.invalidParameters) return error;
  const reasons = error.invalidParameters.map(({ parameter, detail }) => {
    const name = parameter === 'q' ? 'the text' : `--${parameter.replace('_', '-')}`;
    return detail === 'is not known here' ? `${name} does not go with --similar` : `${name} ${detail}`;
  });
  return new UsageError(reasons.join('; '), { cause: error });
}
