import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config, openEnricher } from './config.ts';
import { createHandler } from './handler.ts';
import { createTaxonomyReader } from './taxonomy.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const enricher = openEnricher(settings);
registerFunction('enrich', createHandler({ ...deps, enricher, taxonomy: createTaxonomyReader(deps.db) }), deps);
