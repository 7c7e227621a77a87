import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';

http('quarantine', createHandler(await openFunctionDeps(loadConfig(config))));
