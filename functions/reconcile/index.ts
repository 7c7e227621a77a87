import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const targets = settings.EMBEDDING_MODEL_NAME ? { embeddingModel: settings.EMBEDDING_MODEL_NAME } : {};
http('reconcile', createHandler({ ...deps, targets, overdueMs: settings.OVERDUE_SECONDS * 1000 }));
