import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config, leaseMs, openSearchIndex } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const index = await openSearchIndex(settings, deps);
registerFunction('sync', createHandler({ ...deps, index, leaseMs }), deps);
