/** `functions/sync/index.ts` with a lease of seconds: its own outlasts requests of half a minute. */

import { config } from '../../functions/sync/config.ts';
import { createHandler } from '../../functions/sync/handler.ts';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { openTypesense } from '../../shared/search-index-settings.ts';
import { openTypesenseIndex } from '../support/typesense-index.ts';

const timeoutMs = 1_500;
const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const typesense = openTypesense(settings, timeoutMs)!;
const index = await openTypesenseIndex(typesense, deps.db);
registerFunction('sync', createHandler({ ...deps, index, leaseMs: 2 * timeoutMs }), deps);
