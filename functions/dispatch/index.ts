import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { lastDays } from '../../shared/window.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const usualWindow = () => lastDays(settings.SCRAPE_WINDOW_DAYS, new Date());
registerFunction('dispatch', createHandler({ ...deps, usualWindow }), deps);
