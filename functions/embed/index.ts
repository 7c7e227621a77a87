import { loadConfig } from '../../shared/config.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const encoder = await createEncoder(encoderOptions(settings), deps);
registerFunction('embed', createHandler({ ...deps, encoder }), deps);
