import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config, createScrapeTools } from './config.ts';
import { createGuardedDispatcher } from './fetch/address-guard.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const tools = createScrapeTools(settings, deps.db);
registerFunction('scrape', createHandler({ ...deps, ...tools, dispatcher: createGuardedDispatcher() }), deps);
