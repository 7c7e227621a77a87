import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const deps = await openFunctionDeps(loadConfig(config));
registerFunction('quarantine', createHandler(deps), deps);
