import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
http('dispatch', createHandler({ ...deps, now: () => new Date(), windowDays: settings.SCRAPE_WINDOW_DAYS }));
