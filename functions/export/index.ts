import { resolve } from 'node:path';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { keepYoungHeapSmall } from '../../shared/young-heap.ts';
import { config } from './config.ts';
import { createFolderTarget } from './folder-target.ts';
import { createHandler } from './handler.ts';

keepYoungHeapSmall();
const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const handler = createHandler({
  ...deps,
  now: () => new Date(),
  target: createFolderTarget(resolve(settings.EXPORT_DIR)),
  repo: settings.EXPORT_REPO,
  branch: settings.EXPORT_BRANCH,
  codec: settings.EXPORT_CODEC,
  maxShardBytes: settings.EXPORT_MAX_SHARD_MB * 1024 * 1024,
});
registerFunction('export', handler, deps);
