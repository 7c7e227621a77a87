import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { config, leaseMs, openSearchIndex } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
http('sync', createHandler({ ...deps, index: await openSearchIndex(settings, deps), leaseMs }));
