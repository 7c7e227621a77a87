import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js';
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js';
import type { SqlDatabaseInstance } from '@cdktf/provider-google/lib/sql-database-instance/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import type { ITerraformDependable } from 'cdktf';
import type { PipelineFunction } from '../../shared/pipeline.ts';
import { createAccount } from './account.ts';
import type { Buckets } from './buckets.ts';
import { createDatabaseUser } from './database.ts';
import { functionVariables } from './function-variables.ts';
import type { Network } from './network.ts';
import { accountId, bucketNames, modelFolder, placeholderImage, type Scope } from './scope.ts';
import { functionSecrets, grantSecret, type Secrets } from './secrets.ts';
import type { Topics } from './topics.ts';

/** What functions are connected to. */
export interface FunctionParts {
  network: Network;
  instance: SqlDatabaseInstance;
  buckets: Buckets;
  secrets: Secrets;
  topics: Topics;
  typesenseHost?: string;
}

/**
 * One function of the table: a Cloud Run service with an account of its own and what that account may do.
 *
 * Each is a service, not a `google_cloudfunctions2_function`, as all of them need what that resource does not have: egress
 * into the network without a connector that costs by the hour, and traffic that is split between revisions. The services
 * of the model also mount a bucket.
 */
export function createFunction(scope: Scope, entry: PipelineFunction, parts: FunctionParts): CloudRunV2Service {
  const { stack, environment } = scope;
  const { name } = entry;
  const account = createAccount(scope, { id: accountId(name), what: `function ${name}`, canReachDatabase: true });
  const user = createDatabaseUser(scope, { name, account, instance: parts.instance });
  const grants = grantUses(scope, entry, account, parts);
  const variables = functionVariables(entry, environment, {
    instanceConnectionName: parts.instance.connectionName,
    databaseUser: user.name,
    ...(parts.typesenseHost ? { typesenseHost: parts.typesenseHost } : {}),
  });
  const hasModel = entry.uses?.includes('model') ?? false;
  return new CloudRunV2Service(stack, `function-${name}`, {
    name,
    location: environment.region,
    // Pub/Sub of the project counts as internal; what operators call from outside asks them who they are.
    ingress: entry.delivery ? 'INGRESS_TRAFFIC_INTERNAL_ONLY' : 'INGRESS_TRAFFIC_ALL',
    deletionProtection: environment.database.isProtected && entry.isPublic === true,
    template: {
      serviceAccount: account.email,
      executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
      timeout: `${entry.timeoutSeconds}s`,
      maxInstanceRequestConcurrency: entry.concurrency,
      scaling: { minInstanceCount: entry.minInstances ?? 0, maxInstanceCount: entry.maxInstances },
      containers: [
        {
          image: placeholderImage,
          resources: {
            limits: { cpu: String(entry.cpu), memory: `${entry.memoryMiB}Mi` },
            cpuIdle: true,
            startupCpuBoost: true,
          },
          // Ready as soon as it listens; the time is for a model that is read from the bucket.
          startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 240 },
          env: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
          ...(hasModel ? { volumeMounts: [{ name: 'models', mountPath: modelFolder }] } : {}),
        },
      ],
      ...(hasModel
        ? { volumes: [{ name: 'models', gcs: { bucket: bucketNames(environment).models, readOnly: true } }] }
        : {}),
      vpcAccess: {
        egress: 'PRIVATE_RANGES_ONLY',
        networkInterfaces: [{ network: parts.network.vpc.id, subnetwork: parts.network.subnet.id }],
      },
    },
    dependsOn: grants,
    // Terraform says how it runs; which code, and who gets it, is the deployment's.
    lifecycle: {
      ignoreChanges: ['template[0].containers[0].image', 'template[0].revision', 'traffic', 'client', 'client_version'],
    },
  });
}

function grantUses(
  scope: Scope,
  entry: PipelineFunction,
  account: ServiceAccount,
  { buckets, secrets, topics }: FunctionParts,
): ITerraformDependable[] {
  const { stack, environment } = scope;
  const { name, uses = [] } = entry;
  const member = `serviceAccount:${account.email}`;
  const published = new Set([...(entry.publishes ? [entry.publishes] : []), ...(entry.alsoPublishes ?? [])]);
  const bucket = (kind: keyof Buckets, role: string) =>
    new StorageBucketIamMember(stack, `bucket-${kind}-${name}-${role.split('.').at(-1)}`, {
      bucket: buckets[kind].name,
      role,
      member,
    });
  return [
    ...[...published].map(
      (topic) =>
        new PubsubTopicIamMember(stack, `topic-${topic}-${name}`, {
          topic: topics.get(topic)!.name,
          role: 'roles/pubsub.publisher',
          member,
        }),
    ),
    // A page is written once and never again; whether it is there is asked first.
    ...(uses.includes('raw-pages')
      ? [bucket('bronze', 'roles/storage.objectCreator'), bucket('bronze', 'roles/storage.objectViewer')]
      : []),
    ...(uses.includes('model') ? [bucket('models', 'roles/storage.objectViewer')] : []),
    ...functionSecrets(entry, environment).map(({ name: secret }) =>
      grantSecret(scope, { secret: secrets[secret]!, name: secret, holder: name, email: account.email }),
    ),
  ];
}

/** Lets an account, or everyone, call a function. */
export function allowCall(
  { stack, environment }: Scope,
  call: { service: CloudRunV2Service; name: string; caller: string; member: string },
): void {
  new CloudRunV2ServiceIamMember(stack, `function-${call.name}-${call.caller}`, {
    name: call.service.name,
    location: environment.region,
    role: 'roles/run.invoker',
    member: call.member,
  });
}
