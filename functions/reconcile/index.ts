import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const targets = settings.EMBEDDING_MODEL_NAME ? { embeddingModel: settings.EMBEDDING_MODEL_NAME } : {};
const overdueMs = settings.OVERDUE_SECONDS * 1000;
registerFunction('reconcile', createHandler({ ...deps, targets, overdueMs }), deps);
