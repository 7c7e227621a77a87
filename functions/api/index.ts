import { loadConfig } from '../../shared/config.ts';
import { openDatabase } from '../../shared/database-config.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { enricherRanks } from '../../shared/enricher-settings.ts';
import { createLogger } from '../../shared/log.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { postgresIndexId } from '../../shared/search-index-settings.ts';
import { countVectorsByModel } from '../../shared/sql/embedding-column.ts';
import { openStorage } from '../../shared/storage.ts';
import { config, limitsOf, openIndexes } from './config.ts';
import { createHandler } from './handler.ts';
import { openSearchModel } from './search/model.ts';
import { withStatementTimeout } from './timed-reads.ts';

const settings = loadConfig(config);
const log = createLogger();
const db = await openDatabase(settings);
const encoder = await createEncoder(encoderOptions(settings), { log });
const searchModel = openSearchModel(settings, { encoder, countVectors: () => countVectorsByModel(db), log });
const projectId = settings.GOOGLE_CLOUD_PROJECT;
const deps = {
  db,
  storage: openStorage(settings, withStatementTimeout(db, settings.REQUEST_TIMEOUT_MS), log),
  ...openIndexes(settings, db, { statementTimeoutMs: settings.REQUEST_TIMEOUT_MS }),
  searchModel,
  log,
  targets: {
    enricherRank: enricherRanks[settings.ENRICHER],
    embeddingModel: encoder.model,
    // That of a collection has its time of birth in it, which only `sync` and `reconcile` know.
    ...(settings.SEARCH_INDEX === 'postgres' ? { searchIndex: postgresIndexId } : {}),
  },
  ...limitsOf(settings),
  ...(projectId ? { projectId } : {}),
};
registerFunction('api', createHandler(deps), deps);
