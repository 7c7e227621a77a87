import type { PipelineFunction, Use } from '../../shared/pipeline.ts';
import type { Environment } from './environment.ts';
import { modelName, modelPath } from './model.ts';
import { bucketNames, databaseName } from './scope.ts';

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
    STORAGE_BACKEND: environment.storage.backend,
    DATABASE_MAX_CONNECTIONS: String(environment.database.connectionsPerInstance),
    ...Object.assign({}, ...(entry.uses ?? []).map((use) => variablesOf[use](environment, names, entry))),
  };
}

type Variables = (environment: Environment, names: DeployedNames, entry: PipelineFunction) => Record<string, string>;

const variablesOf: Record<Use, Variables> = {
  model: ({ model }, _names, { cpu }) => ({
    EMBEDDING_MODEL: modelPath(model),
    EMBEDDING_MODEL_FILE: model.file,
    EMBEDDING_THREADS: String(Math.max(1, Math.floor(cpu))),
  }),
  'model-name': ({ model }) => ({ EMBEDDING_MODEL_NAME: modelName(model) }),
  'raw-pages': (environment) => ({ RAW_STORE: `gs://${bucketNames(environment).bronze}` }),
  enricher: ({ enricher }) => ({ ENRICHER: enricher.kind }),
  'enricher-service': ({ enricher }): Record<string, string> =>
    enricher.kind === 'http' ? { ENRICHER_URL: enricher.url } : {},
  'search-index': ({ search }, { typesenseHost }) => ({
    SEARCH_INDEX: search.index,
    ...(typesenseHost ? { TYPESENSE_HOST: typesenseHost } : {}),
  }),
  dataset: ({ dataset }) => ({
    EXPORT_TARGET: 'hub',
    EXPORT_REPO: dataset.repo,
    ...(dataset.reducedRepo ? { EXPORT_REDUCED_REPO: dataset.reducedRepo } : {}),
  }),
  articles: ({ storage, dataset }): Record<string, string> => {
    const readFrom = storage.readFrom ?? (storage.backend === 'huggingface' ? 'huggingface' : 'postgres');
    if (readFrom === 'postgres') return { STORAGE_READ_FROM: readFrom };
    return {
      STORAGE_READ_FROM: readFrom,
      EXPORT_TARGET: 'hub',
      EXPORT_REPO: dataset.repo,
      ...(storage.revision ? { EXPORT_BRANCH: storage.revision } : {}),
    };
  },
  // Its token is a secret, and the Hub is where it always is.
  hub: () => ({}),
};
