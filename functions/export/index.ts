import { resolve } from 'node:path';
import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { config } from './config.ts';
import { createFolderTarget } from './folder-target.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const folder = resolve(settings.EXPORT_DIR);
http(
  'export',
  createHandler({
    ...deps,
    now: () => new Date(),
    target: createFolderTarget(folder),
    repo: settings.EXPORT_REPO,
    branch: settings.EXPORT_BRANCH,
    codec: settings.EXPORT_CODEC,
    maxShardBytes: settings.EXPORT_MAX_SHARD_MB * 1024 * 1024,
  }),
);
