import type { PipelineFunction, Use } from '../../shared/pipeline.ts';
import type { Environment } from './environment.ts';
import { modelName, modelPath } from './model.ts';
import { bucketNames, databaseName } from './scope.ts';
import { functionSecrets, secretPlace } from './secrets.ts';

/** What a function's settings need that is known once other resources stand. */
export interface DeployedNames {
  instanceConnectionName: string;
  databaseUser: string;
  /** Address of the Typesense server, where there is one. */
  typesenseHost?: string;
}

/**
 * The environment of a deployed function: nothing that its configuration does not read, and of secrets the places alone.
 * Who may call is checked by Cloud Run before the function, so `PUSH_AUDIENCE` is not set.
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
    DATABASE_MAX_CONNECTIONS: String(entry.connections ?? environment.database.connectionsPerInstance),
    ...Object.assign({}, ...(entry.uses ?? []).map((use) => variablesOf[use](environment, names, entry))),
    ...Object.fromEntries(
      functionSecrets(entry, environment).map(({ name, variable }) => [
        `${variable}_SECRET`,
        secretPlace(name, environment),
      ]),
    ),
  };
}

type Variables = (environment: Environment, names: DeployedNames, entry: PipelineFunction) => Record<string, string>;

function dimensionsOf({ dimensions }: Environment['model']): Record<string, string> {
  return dimensions === undefined ? {} : { EMBEDDING_DIMENSIONS: String(dimensions) };
}

const variablesOf: Record<Use, Variables> = {
  model: ({ model, formerModel }, _names, { name, cpu }) => ({
    EMBEDDING_MODEL: modelPath(model),
    EMBEDDING_MODEL_FILE: model.file,
    EMBEDDING_THREADS: String(Math.max(1, Math.floor(cpu))),
    ...dimensionsOf(model),
    ...(formerModel && name === 'api'
      ? { EMBEDDING_MODEL_FORMER: modelPath(formerModel), EMBEDDING_MODEL_FORMER_FILE: formerModel.file }
      : {}),
  }),
  'model-name': ({ model }) => ({ EMBEDDING_MODEL_NAME: modelName(model) }),
  'raw-pages': (environment) => ({ RAW_STORE: `gs://${bucketNames(environment).bronze}` }),
  enricher: ({ enricher }) => ({ ENRICHER: enricher.kind }),
  'enricher-service': ({ enricher }): Record<string, string> =>
    enricher.kind === 'http' ? { ENRICHER_URL: enricher.url } : {},
  'search-index': ({ search, model }, { typesenseHost }) => ({
    SEARCH_INDEX: search.index,
    ...dimensionsOf(model),
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
