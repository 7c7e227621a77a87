import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { keepYoungHeapSmall } from '../../shared/young-heap.ts';
import { config, openDestinations } from './config.ts';
import { createHandler } from './handler.ts';

keepYoungHeapSmall();
const settings = loadConfig(config);
const destinations = openDestinations(settings);
const deps = await openFunctionDeps(settings);
const handler = createHandler({
  ...deps,
  destinations,
  storageBackend: settings.STORAGE_BACKEND,
  now: () => new Date(),
  codec: settings.EXPORT_CODEC,
  maxShardBytes: settings.EXPORT_MAX_SHARD_MB * 1024 * 1024,
});
registerFunction('export', handler, deps);
