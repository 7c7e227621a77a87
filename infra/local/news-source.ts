import { type Dispatcher, request } from 'undici';
import { usualWindowDays } from '../../functions/dispatch/config.ts';
import type { DispatchDeps } from '../../functions/dispatch/dispatch.ts';
import { createGuardedDispatcher } from '../../functions/scrape/fetch/address-guard.ts';
import { type DateWindow, lastDays } from '../../shared/window.ts';
import { UsageError } from './errors.ts';

export type NewsSourceKind = 'live' | 'sample';

export interface NewsSourceOptions {
  /** Live where the sites can be reached, else sample, unless given. */
  source?: NewsSourceKind;
  agencies?: string[];
  /** Size of the sample site. */
  articles: number;
  /** URL of a sample site that runs already (`npm run stand-in -- sites`), in place of one of our own. */
  site?: string;
}

/** Where the scraper gets its pages from, and how it should behave there. */
export interface NewsSource {
  kind: NewsSourceKind;
  description: string;
  dispatcher: Dispatcher;
  /** Between two requests to one host; the settings' unless given. */
  requestIntervalMs?: number;
  /** All it has, where that is less than the catalogue and the calendar. */
  extent?: { agencies: string[]; window: DateWindow };
  close(): Promise<void>;
}

const probeTimeoutMs = 4000;

/** @throws {UsageError} when an agency is asked for that the sample site does not have. */
export async function openNewsSource(options: NewsSourceOptions): Promise<NewsSource> {
  if (options.source === 'live' && options.site) {
    throw new UsageError('--site is the address of a sample site: it cannot be had with --source live');
  }
  if (options.source === 'live') return openLive();
  if (options.source === 'sample' || options.site) return await openSample(options);
  if (await isReachable()) return openLive();
  const sample = await openSample(options);
  return { ...sample, description: `www.gov.br cannot be reached from here, so ${sample.description}` };
}

/** What a run asks of a source when it is told nothing. */
export function usualExtent({
  extent,
}: Pick<NewsSource, 'extent'>): Pick<DispatchDeps, 'usualWindow' | 'usualAgencies'> {
  if (!extent) return { usualWindow: () => lastDays(usualWindowDays, new Date()) };
  return { usualWindow: () => extent.window, usualAgencies: extent.agencies };
}

async function isReachable(): Promise<boolean> {
  const dispatcher = createGuardedDispatcher();
  try {
    const answer = await request('https://www.gov.br/pt-br', {
      method: 'HEAD',
      dispatcher,
      signal: AbortSignal.timeout(probeTimeoutMs),
    });
    await answer.body.dump();
    return answer.statusCode < 500;
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}

function openLive(): NewsSource {
  const dispatcher = createGuardedDispatcher();
  return {
    kind: 'live',
    description: 'the live sites of gov.br and EBC',
    dispatcher,
    close: () => dispatcher.destroy(),
  };
}

async function openSample(options: NewsSourceOptions): Promise<NewsSource> {
  const { SAMPLE_SOURCES } = await import('../../test/stand-ins/sites/sources.ts');
  const known = SAMPLE_SOURCES.map((source) => source.agencyKey);
  const missing = (options.agencies ?? []).filter((key) => !known.includes(key));
  if (missing.length) {
    throw new UsageError(`the sample site has no ${missing.join(', ')}: it has ${known.join(', ')}`);
  }
  const { sitesDispatcher } = await import('../../test/stand-ins/sites/dispatcher.ts');
  const site = options.site ? await findSite(options.site) : await startSite(options.articles);
  const dispatcher = sitesDispatcher(site.port);
  return {
    kind: 'sample',
    description: options.site
      ? `the sample site that runs at ${options.site}`
      : `the sample site, ${options.articles} articles in the real markup, on 127.0.0.1:${site.port}`,
    dispatcher,
    requestIntervalMs: 0,
    extent: { agencies: known, window: { startDate: site.firstDay, endDate: site.lastDay } },
    close: async () => {
      await dispatcher.destroy();
      await site.close();
    },
  };
}

interface SampleSite {
  port: number;
  firstDay: string;
  lastDay: string;
  close(): Promise<void>;
}

async function startSite(articles: number): Promise<SampleSite> {
  const { startSites } = await import('../../test/stand-ins/sites/server.ts');
  return await startSites({ articles });
}

/** @throws {UsageError} when no sample site answers there. */
async function findSite(url: string): Promise<SampleSite> {
  try {
    const { hostname, port } = new URL(url);
    if (hostname !== '127.0.0.1') throw new Error('a sample site is on 127.0.0.1');
    const answer = await request(new URL('/_stand-in', url), { signal: AbortSignal.timeout(probeTimeoutMs) });
    const { firstDay, lastDay } = (await answer.body.json()) as { firstDay: string; lastDay: string };
    return { port: Number(port), firstDay, lastDay, close: async () => {} };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`no sample site answers at ${url} (${reason}); "npm run stand-in -- sites" starts one`, {
      cause,
    });
  }
}
