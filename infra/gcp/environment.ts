import { z } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import { describeIssues, plainMessage } from '../../shared/schema-messages.ts';

/** Secrets of the platform, by their names in Secret Manager. */
export const secretNames = ['huggingface-token', 'enricher-api-key', 'typesense-api-key'] as const;
export type SecretName = (typeof secretNames)[number];

const mib = z.int().min(128).max(32_768);

/** What of a row of the pipeline's table an environment may size differently. */
const functionSize = z
  .strictObject({
    memoryMiB: mib,
    cpu: z.number().min(0.08).max(8),
    minInstances: z.int().min(0).max(100),
    maxInstances: z.int().min(1).max(100),
  })
  .partial();

/** On the Hub. */
const repository = z.string().regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, 'must be namespace/name');

const modelSchema = z.strictObject({
  id: repository,
  /** Only a commit always means the same weights. */
  revision: z.string().regex(/^[0-9a-f]{40}$/, 'must be a commit'),
  file: z.string().regex(/^(int8|onnx\/[\w.-]+\.onnx)$/, 'must be int8, or an .onnx file in onnx/'),
});

const environmentSchema = z.strictObject({
  name: z.enum(['dev', 'prod']),
  /** The Google Cloud project. One project holds one environment, so topics and functions have plain names. */
  project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be the id of a Google Cloud project'),
  region: z.string().regex(/^[a-z]+-[a-z]+\d$/, 'must be a region such as southamerica-east1'),
  /** Letter of the zone, for what lives in one: the database's preferred zone and the server of Typesense. */
  zone: z.string().regex(/^[a-f]$/, 'must be the letter of a zone'),
  /** Range of the subnet of the functions and of Typesense. Direct VPC egress takes two addresses an instance. */
  subnetRange: z.cidrv4(),
  database: z.strictObject({
    version: z.enum(['POSTGRES_15', 'POSTGRES_16', 'POSTGRES_17']),
    tier: z.string().regex(/^db-(f1-micro|g1-small|custom-\d+-\d+)$/, 'must be a tier of the Enterprise edition'),
    diskGiB: z.int().min(10).max(65_536),
    isHighlyAvailable: z.boolean(),
    maxConnections: z.int().min(20).max(1000),
    /** Connections that one instance of a function opens at most. */
    connectionsPerInstance: z.int().min(1).max(20),
    backupCount: z.int().min(1).max(365),
    isProtected: z.boolean(),
  }),
  /** The sentence-transformers repository on the Hub that the model's bucket holds, and which of its files run. */
  model: modelSchema.extend({
    /** Size of that file. */
    fileMiB: z.int().min(1),
    /** Length of its vectors, where it is not the usual one: see `destaques vectors resize`. */
    dimensions: z.int().min(1).max(4000).optional(),
  }),
  /** The model before it, which search uses while the new vectors are being made; its files lie in the same bucket. */
  formerModel: modelSchema.optional(),
  search: z.discriminatedUnion('index', [
    z.strictObject({ index: z.literal('postgres') }),
    z.strictObject({
      index: z.literal('typesense'),
      machineType: z.string().regex(/^(e2|n2|n2d|t2d)-[a-z]+(-\d+)?$/, 'must be a machine type'),
      diskGiB: z.int().min(10).max(10_000),
      snapshotDays: z.int().min(1).max(365),
      version: z.string().regex(/^\d+\.\d+$/, 'must be a version of Typesense'),
    }),
  ]),
  enricher: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('local') }),
    z.strictObject({ kind: z.literal('http'), url: z.url({ protocol: /^https$/ }) }),
  ]),
  /** How soon the dataset follows Postgres, and from which of them `api` reads articles; Postgres unless it says so. */
  storage: z.strictObject({
    backend: z.enum(['postgres', 'dual_write', 'huggingface']),
    readFrom: z.enum(['postgres', 'huggingface']).optional(),
    /** The branch or commit of the dataset that `api` reads, where it is not what `export` writes. */
    revision: z.string().min(1).optional(),
  }),
  /** The open datasets on the Hub: all columns, and those of the reduced one, where there is one. */
  dataset: z.strictObject({
    repo: repository,
    reducedRepo: repository.optional(),
    /** Then `api` has the token too, so that it can read from there in an emergency. */
    isPrivate: z.boolean().optional(),
  }),
  /** The number of the version of a secret that is in force, where it is not to be the latest. */
  secretVersions: z.partialRecord(z.enum(secretNames), z.int().min(1)),
  /** Months' spend that budgets hold against, in whole US dollars. */
  budgetUsd: z.int().min(1),
  functions: z.record(z.string(), functionSize),
});

/** One deployment of the platform: what differs between two of them. */
export type Environment = z.infer<typeof environmentSchema>;
export type EnvironmentName = Environment['name'];

const prod: Environment = {
  name: 'prod',
  project: 'destaquesgovbr',
  region: 'southamerica-east1',
  zone: 'a',
  subnetRange: '10.10.0.0/23',
  database: {
    version: 'POSTGRES_17',
    // The cheapest that carries the archive; without Google's promise of availability, which db-custom-1-3840 has.
    tier: 'db-g1-small',
    diskGiB: 10,
    isHighlyAvailable: false,
    maxConnections: 100,
    connectionsPerInstance: 2,
    backupCount: 14,
    isProtected: true,
  },
  model: {
    id: 'sentence-transformers/paraphrase-multilingual-mpnet-base-v2',
    revision: '4328cf26390c98c5e3c738b4460a05b95f4911f5',
    file: 'int8',
    fileMiB: 267,
  },
  search: { index: 'postgres' },
  enricher: { kind: 'local' },
  storage: { backend: 'postgres' },
  dataset: { repo: 'destaquesgovbr/govbrnews', reducedRepo: 'destaquesgovbr/govbrnews-reduced' },
  secretVersions: {},
  budgetUsd: 100,
  functions: {},
};

/** The environments that are deployed. */
export const environments: Record<EnvironmentName, Environment> = {
  prod,
  dev: {
    ...prod,
    name: 'dev',
    project: 'destaquesgovbr-dev',
    dataset: { repo: 'destaquesgovbr/govbrnews-dev', reducedRepo: 'destaquesgovbr/govbrnews-dev-reduced' },
    database: { ...prod.database, backupCount: 3, isProtected: false },
    budgetUsd: 60,
  },
};

/** Settings of a Typesense server, for an environment that asks for one by name alone. */
const usualTypesense = {
  index: 'typesense',
  machineType: 'e2-medium',
  diskGiB: 20,
  snapshotDays: 7,
  version: '30.1',
} as const;

/**
 * An environment with some of its settings given otherwise, by their paths: `{'database.tier': 'db-g1-small'}`.
 *
 * @throws {ConfigError} when a setting is unknown or out of its bounds; the text names every such one.
 */
export function openEnvironment(name: EnvironmentName, settings: Readonly<Record<string, string>> = {}): Environment {
  const environment: Record<string, unknown> = structuredClone(environments[name]);
  if (settings['search.index'] === 'typesense') environment.search = { ...usualTypesense };
  for (const [path, text] of Object.entries(settings)) setAt(environment, path.split('.'), parseValue(text));
  const result = environmentSchema.safeParse(environment, { error: plainMessage });
  if (result.success) return result.data;
  throw new ConfigError(`The environment ${name} is not usable. ${describeIssues(result.error.issues)}`);
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const next: Record<string, unknown> =
    typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  target[key] = next;
  setAt(next, rest, value);
}

function parseValue(text: string): unknown {
  return /^(true|false|-?\d+(\.\d+)?)$/.test(text) && text !== '' ? JSON.parse(text) : text;
}
