import { loadConfig } from '../../shared/config.ts';
import { openFunctionDeps } from '../../shared/function-deps.ts';
import { registerFunction } from '../../shared/register-function.ts';
import { config } from './config.ts';
import { createHandler } from './handler.ts';
import { createLocalEnricher } from './local-enricher.ts';
import { createTaxonomyReader } from './taxonomy.ts';

const settings = loadConfig(config);
const deps = await openFunctionDeps(settings);
const enricher = createLocalEnricher();
registerFunction('enrich', createHandler({ ...deps, enricher, taxonomy: createTaxonomyReader(deps.db) }), deps);
