import type { PipelineFunction, Use } from '../../shared/pipeline.ts';
import type { Environment } from './environment.ts';
import { bucketNames, databaseName, modelFolder } from './scope.ts';

/** What a function's settings need that is known once other resources stand. */
export interface DeployedNames {
  instanceConnectionName: string;
  databaseUser: string;
  /** Address of the Typesense server, where there is one. */
  typesenseHost?: string;
}

/**
 * The environment of a deployed function, its secrets apart: nothing that its configuration does not read. Who may call
 * is checked by Cloud Run before the function, so `PUSH_AUDIENCE` is not set.
 */
export function functionVariables(
  entry: PipelineFunction,
  environment: Environment,
  names: DeployedNames,
): Record<string, string> {
  return {
    NODE_ENV: 'production',
    GOOGLE_CLOUD_PROJECT: environment.project,
    INSTANCE_CONNECTION_NAME: names.instanceConnectionName,
    DATABASE_USER: names.databaseUser,
    DATABASE_NAME: databaseName,
    DATABASE_MAX_CONNECTIONS: String(environment.database.connectionsPerInstance),
    ...Object.assign({}, ...(entry.uses ?? []).map((use) => variablesOf[use](environment, names, entry))),
  };
}

type Variables = (environment: Environment, names: DeployedNames, entry: PipelineFunction) => Record<string, string>;

const variablesOf: Record<Use, Variables> = {
  model: ({ model }, _names, { cpu }) => ({
    EMBEDDING_MODEL: `${modelFolder}/${model.folder}`,
    ...(model.file ? { EMBEDDING_MODEL_FILE: model.file } : {}),
    EMBEDDING_THREADS: String(Math.max(1, Math.floor(cpu))),
  }),
  'raw-pages': (environment) => ({ RAW_STORE: `gs://${bucketNames(environment).bronze}` }),
  enricher: ({ enricher, model }, _names, { name }) => ({
    ENRICHER: enricher.kind,
    // It compares rows with the model in force, whose files it does not need.
    ...(name === 'reconcile' ? { EMBEDDING_MODEL_NAME: model.folder } : {}),
  }),
  'enricher-service': ({ enricher }): Record<string, string> =>
    enricher.kind === 'http' ? { ENRICHER_URL: enricher.url } : {},
  'search-index': ({ search }, { typesenseHost }) => ({
    SEARCH_INDEX: search.index,
    ...(typesenseHost ? { TYPESENSE_HOST: typesenseHost } : {}),
  }),
  dataset: ({ dataset }) => ({ EXPORT_DIR: '/tmp/dataset', EXPORT_REPO: dataset.repo }),
};
