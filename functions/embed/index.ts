import { loadConfig } from '../../shared/config.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { checkStoredDimensions } from '../../shared/sql/embedding-column.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
await checkStoredDimensions(deps.db, settings.EMBEDDING_DIMENSIONS);
const encoder = await createEncoder(encoderOptions(settings), deps);
registerFunction('embed', createHandler({ ...deps, encoder }), deps);
