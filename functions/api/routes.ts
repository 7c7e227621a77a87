import { z } from 'zod';
import type { Queryable } from '../../shared/database.ts';
import { readArticle } from './articles.ts';
import { checkHealth } from './health.ts';
import { readParameters } from './parameters.ts';
import { listParameters, searchParameters, similarParameters } from './search/parameters.ts';
import { type SearchDeps, search } from './search/search.ts';
import { findSimilar } from './search/similar.ts';
import type { Status } from './status.ts';
import { statusKeptMs } from './status-answer.ts';

export interface RouteDeps extends SearchDeps {
  db: Queryable;
  readStatus: () => Promise<Status>;
  /** For one answer. */
  requestTimeoutMs: number;
}

/** What a route answers with; a problem is thrown. */
export interface Answer {
  body: object;
  /** How long a cache may give it again; 0: never. */
  maxAgeSeconds: number;
  /** What its tag is made of, where that is not all of the body. */
  tagged?: object;
}

export interface Route {
  /** As the log names it. */
  name: string;
  path: RegExp;
  /** Not counted for the rate limit: probes ask for it. */
  isFree?: boolean;
  /** Answers in its own time. */
  isUntimed?: boolean;
  /** @param id what the group of `path` caught. */
  answer(query: URLSearchParams, deps: RouteDeps, context: { id: string; deadline: AbortSignal }): Promise<Answer>;
}

const noParameters = z.object({});

export const routes: readonly Route[] = [
  {
    name: '/search',
    path: /^\/search$/,
    answer: async (query, deps, { deadline }) => {
      const request = readParameters(searchParameters, query, listParameters);
      const body = await search(request, deps, deadline);
      // A cursor names the time at which it was given.
      return { body, maxAgeSeconds: body.degraded ? 0 : 60, tagged: { ...body, next: body.next !== null } };
    },
  },
  {
    name: '/articles/:id/similar',
    path: /^\/articles\/([^/]+)\/similar$/,
    answer: async (query, deps, { id, deadline }) => {
      const body = await findSimilar(id, readParameters(similarParameters, query, listParameters), deps, deadline);
      return { body, maxAgeSeconds: body.degraded ? 0 : 60 };
    },
  },
  {
    name: '/articles/:id',
    path: /^\/articles\/([^/]+)$/,
    answer: async (query, { storage }, { id }) => {
      readParameters(noParameters, query);
      return { body: await readArticle(storage, id), maxAgeSeconds: 60 };
    },
  },
  {
    name: '/status',
    path: /^\/status$/,
    answer: async (query, { readStatus }) => {
      readParameters(noParameters, query);
      return { body: await readStatus(), maxAgeSeconds: statusKeptMs / 1000 };
    },
  },
  {
    name: '/health',
    path: /^\/health$/,
    isFree: true,
    isUntimed: true,
    answer: async (query, { db }) => {
      readParameters(noParameters, query);
      return { body: await checkHealth(db), maxAgeSeconds: 0 };
    },
  },
];

/** A route, and what a path says to it. */
export interface FoundRoute {
  route: Route;
  /** What the group of `path` caught, still encoded. */
  id: string;
}

/** The route of a path, undefined where there is nothing. */
export function findRoute(path: string): FoundRoute | undefined {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (match) return { route, id: match[1] ?? '' };
  }
  return undefined;
}
