import { loadConfig } from '../../shared/config.ts';
import { openDatabase } from '../../shared/database-config.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { enricherRanks } from '../../shared/enricher-settings.ts';
import { createLogger } from '../../shared/log.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { postgresIndexId } from '../../shared/search-index-settings.ts';
import { openStorage } from '../../shared/storage.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const log = createLogger();
const db = await openDatabase(settings);
const encoder = await createEncoder(encoderOptions(settings), { log });
const projectId = settings.GOOGLE_CLOUD_PROJECT;
const targets = {
  enricherRank: enricherRanks[settings.ENRICHER],
  embeddingModel: encoder.model,
  // That of a collection has its time of birth in it, which only `sync` and `reconcile` know.
  ...(settings.SEARCH_INDEX === 'postgres' ? { searchIndex: postgresIndexId } : {}),
};
const storage = openStorage(settings, db);
const deps = {
  db,
  storage,
  encoder,
  efSearch: settings.HNSW_EF_SEARCH,
  log,
  targets,
  ...(projectId ? { projectId } : {}),
};
registerFunction('api', createHandler(deps), deps);
