import { loadConfig } from '../../shared/config.ts';
import { openDatabase } from '../../shared/database-config.ts';
import { createEncoder, encoderOptions } from '../../shared/encoder.ts';
import { createLogger } from '../../shared/log.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const log = createLogger();
const db = await openDatabase(settings);
const encoder = await createEncoder(encoderOptions(settings), { log });
const projectId = settings.GOOGLE_CLOUD_PROJECT;
const deps = { db, encoder, log, targets: { embeddingModel: encoder.model }, ...(projectId ? { projectId } : {}) };
registerFunction('api', createHandler(deps), deps);
