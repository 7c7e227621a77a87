import type { FunctionName } from '../../../shared/pipeline.ts';

/** How much there is to do. */
export interface Volume {
  articlesPerDay: number;
  /** Articles that are there already, or are brought in. */
  archive: number;
}

/** What is assumed where the tables do not say; times are of one instance, on its CPUs. */
export const assumptions = {
  daysPerMonth: 30.4,
  sources: 160,
  dispatchesPerDay: 96,
  /** Requests for the listing of one source in one run. */
  requestsPerListing: 1.3,
  /** Times that an article is asked for: at first, and after a quarter of its age each for seven days. */
  requestsPerArticle: 27,
  /** Between two requests to the host that nearly all sources share (REQUEST_INTERVAL_MS). */
  secondsPerRequest: 1,
  searchesPerDay: 5000,
  /** Time of one call, or of one article in it; messages that come together share it. */
  callSeconds: {
    dispatch: 3,
    enrich: 0.2,
    embed: 0.8,
    sync: 0.1,
    export: 60,
    reconcile: 2,
    quarantine: 0.2,
    api: 0.15,
  },
  /** Time that a start is billed for, and how fast the model's file is read from the bucket in it. */
  startSeconds: 2,
  modelMibPerSecond: 60,
  /** In Postgres, with indexes, texts and vectors; of a page as it is kept; of a log line. */
  rowKib: 16,
  pageKib: 30,
  logKib: 1,
  /** A document with its vector in the memory of Typesense. */
  documentKib: 9,
  deliveriesPerArticle: 5,
  imagesGib: 3,
  egressGib: 2,
} as const;

/** Time that a function is billed for in a month, and how often it is called. */
export interface Work {
  seconds: number;
  calls: number;
}

const secondsPerDay = 86_400;

/** Requests to the shared host in a day: the listings, the articles, and these again. */
export function requestsPerDay({ articlesPerDay }: Volume): number {
  const { sources, dispatchesPerDay, requestsPerListing, requestsPerArticle } = assumptions;
  return sources * dispatchesPerDay * requestsPerListing + articlesPerDay * requestsPerArticle;
}

/** Articles a day from which one request a second is no longer enough. */
export function mostArticlesPerDay(): number {
  const listings = requestsPerDay({ articlesPerDay: 0, archive: 0 });
  return Math.floor((secondsPerDay / assumptions.secondsPerRequest - listings) / assumptions.requestsPerArticle);
}

/** The month of one function at a volume; `modelMiB` is what it reads when it starts. */
export function workOf(name: FunctionName, modelMiB: number, volume: Volume): Work {
  const { daysPerMonth, callSeconds, dispatchesPerDay, sources, secondsPerRequest } = assumptions;
  const bursts = dispatchesPerDay * daysPerMonth;
  const articles = volume.articlesPerDay * daysPerMonth;
  // What only operators start costs by the call, which is next to nothing in a month.
  const callsOf: Partial<Record<FunctionName, number>> = {
    dispatch: bursts,
    scrape: bursts * sources,
    enrich: articles,
    embed: articles,
    sync: articles,
    export: daysPerMonth,
    reconcile: 288 * daysPerMonth,
    quarantine: articles / 1000,
    api: assumptions.searchesPerDay * daysPerMonth,
  };
  // An instance scrapes many sources at once, and all of them wait for the same host.
  if (name === 'scrape') {
    const busyPerDay = Math.min(secondsPerDay, requestsPerDay(volume) * secondsPerRequest);
    return { calls: bursts * sources, seconds: busyPerDay * daysPerMonth };
  }
  const calls = callsOf[name] ?? 0;
  const starts = Math.min(calls, bursts) * (assumptions.startSeconds + modelMiB / assumptions.modelMibPerSecond);
  // Uptime checks keep an instance of `api`, which is not billed between them.
  const perCall = (callSeconds as Partial<Record<FunctionName, number>>)[name] ?? 0;
  return { calls, seconds: calls * perCall + (name === 'api' ? 0 : starts) };
}
