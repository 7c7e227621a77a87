import { CloudRunV2Job } from '@cdktf/provider-google/lib/cloud-run-v2-job/index.js';
import type { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic/index.js';
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js';
import type { SqlDatabaseInstance } from '@cdktf/provider-google/lib/sql-database-instance/index.js';
import { createAccount } from './account.ts';
import { createDatabaseUser } from './database.ts';
import type { Network } from './network.ts';
import { databaseName, placeholderImage, type Scope } from './scope.ts';

/**
 * What a release does inside the network, and how long it may take: `migrate` brings the database to the release's schema
 * before its code gets a request, `smoke` sends one article through the chain after that. An index over the whole archive
 * takes a while.
 */
export const releaseJobs = [
  { name: 'migrate', timeoutSeconds: 3600 },
  { name: 'smoke', timeoutSeconds: 900 },
] as const;

/** The jobs of a release: one image, one account, one command each. */
export function createReleaseJobs(
  scope: Scope,
  parts: { network: Network; instance: SqlDatabaseInstance; smokeTopic: PubsubTopic | undefined },
): void {
  const { stack, environment } = scope;
  const { network, instance, smokeTopic } = parts;
  const account = createAccount(scope, { id: 'release', what: 'jobs of a release', canReachDatabase: true });
  const user = createDatabaseUser(scope, { name: 'release', account, instance });
  if (smokeTopic) {
    new PubsubTopicIamMember(stack, 'topic-smoke-release', {
      topic: smokeTopic.name,
      role: 'roles/pubsub.publisher',
      member: `serviceAccount:${account.email}`,
    });
  }
  const variables = {
    GOOGLE_CLOUD_PROJECT: environment.project,
    INSTANCE_CONNECTION_NAME: instance.connectionName,
    DATABASE_USER: user.name,
    DATABASE_NAME: databaseName,
  };
  for (const { name, timeoutSeconds } of releaseJobs) {
    new CloudRunV2Job(stack, `job-${name}`, {
      name,
      location: environment.region,
      deletionProtection: false,
      template: {
        taskCount: 1,
        parallelism: 1,
        template: {
          serviceAccount: account.email,
          timeout: `${timeoutSeconds}s`,
          // What failed is looked at, not repeated.
          maxRetries: 0,
          containers: [
            {
              image: placeholderImage,
              args: [`${name}/index.js`],
              resources: { limits: { cpu: '1', memory: '512Mi' } },
              env: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
            },
          ],
          vpcAccess: {
            egress: 'PRIVATE_RANGES_ONLY',
            networkInterfaces: [{ network: network.vpc.id, subnetwork: network.subnet.id }],
          },
        },
      },
      lifecycle: { ignoreChanges: ['template[0].template[0].containers[0].image', 'client', 'client_version'] },
    });
  }
}
