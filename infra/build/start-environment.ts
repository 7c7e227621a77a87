import type { PipelineFunction } from '../../shared/pipeline.ts';
import type { Environment } from '../gcp/environment.ts';
import { functionVariables } from '../gcp/function-variables.ts';

/** The environment of a deployed function, with another database, and the encoder that needs no model's files. */
export function startEnvironment(
  entry: PipelineFunction,
  environment: Environment,
  databaseUrl: string,
): Record<string, string> {
  const names = { instanceConnectionName: '', databaseUser: '' };
  return {
    ...functionVariables(entry, environment, names),
    ...(entry.uses?.includes('model') ? { EMBEDDING_MODEL: 'lexical' } : {}),
    DATABASE_URL: databaseUrl,
  };
}
