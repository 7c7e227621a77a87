import { http } from '@google-cloud/functions-framework';
import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';
import { createLocalEnricher } from './local-enricher.ts';
import { createTaxonomyReader } from './taxonomy.ts';

const deps = await openFunctionDeps(loadConfig(config));
http('enrich', createHandler({ ...deps, enricher: createLocalEnricher(), taxonomy: createTaxonomyReader(deps.db) }));
