import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';
import { hubOptions } from './open-source.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
registerFunction('import', createHandler({ ...deps, hub: hubOptions(settings) }), deps);
