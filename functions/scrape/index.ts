import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { config, createScrapeTools } from './config.ts';
import { createGuardedDispatcher } from './fetch/address-guard.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
http(
  'scrape',
  createHandler({
    ...deps,
    ...createScrapeTools(settings, deps.db),
    dispatcher: createGuardedDispatcher(),
  }),
);
