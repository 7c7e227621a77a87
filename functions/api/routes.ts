import { z } from 'zod';
import type { StageTargets } from '../../shared/pending.ts';
import { readArticle } from './articles.ts';
import { checkHealth } from './health.ts';
import { readParameters } from './parameters.ts';
import { type SearchDeps, search } from './search.ts';
import { searchParameters } from './search-parameters.ts';
import { readStatus } from './status.ts';

export interface RouteDeps extends SearchDeps {
  targets: StageTargets;
}

/** What a route answers with; a problem is thrown. */
export interface Answer {
  body: object;
  /** How long a cache may give it again; 0: never. */
  maxAgeSeconds: number;
}

export interface Route {
  /** As the log names it. */
  name: string;
  path: RegExp;
  /** @param id what the group of `path` caught. */
  answer(query: URLSearchParams, deps: RouteDeps, id: string): Promise<Answer>;
}

const noParameters = z.object({});

export const routes: readonly Route[] = [
  {
    name: '/search',
    path: /^\/search$/,
    answer: async (query, deps) => {
      const body = await search(readParameters(searchParameters, query), deps);
      return { body, maxAgeSeconds: body.degraded ? 0 : 60 };
    },
  },
  {
    name: '/articles/:id',
    path: /^\/articles\/([^/]+)$/,
    answer: async (query, { storage }, id) => {
      readParameters(noParameters, query);
      return { body: await readArticle(storage, id), maxAgeSeconds: 60 };
    },
  },
  {
    name: '/status',
    path: /^\/status$/,
    answer: async (query, { db, targets }) => {
      readParameters(noParameters, query);
      return { body: await readStatus(db, targets), maxAgeSeconds: 10 };
    },
  },
  {
    name: '/health',
    path: /^\/health$/,
    answer: async (query, { db }) => {
      readParameters(noParameters, query);
      return { body: await checkHealth(db), maxAgeSeconds: 0 };
    },
  },
];
