import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { createGuardedDispatcher } from './address-guard.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
http(
  'scrape',
  createHandler({
    ...deps,
    dispatcher: createGuardedDispatcher(),
    userAgent: settings.USER_AGENT,
    maxRequestsPerHost: settings.MAX_REQUESTS_PER_HOST,
    requestIntervalMs: settings.REQUEST_INTERVAL_MS,
    now: () => new Date(),
  }),
);
