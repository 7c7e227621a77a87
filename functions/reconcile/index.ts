import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config, reconcileOptions } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const options = reconcileOptions(settings);
const deps = await openFunctionDeps(settings);
registerFunction('reconcile', createHandler({ ...deps, ...options }), deps);
