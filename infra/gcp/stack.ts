import { DataGoogleProject } from '@cdktf/provider-google/lib/data-google-project/index.js';
import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel/index.js';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js';
import { App, GcsBackend, TerraformStack, TerraformVariable, VariableType } from 'cdktf';
import { subscriptions as subscriptionsOf } from '../../shared/pipeline.ts';
import { createAlertPolicies } from './alert-policies.ts';
import { enableApis } from './apis.ts';
import { createBuckets } from './buckets.ts';
import { createBudget } from './budget.ts';
import { checkTopology } from './check-topology.ts';
import { createDashboard } from './dashboard.ts';
import { createDatabase } from './database.ts';
import type { Environment } from './environment.ts';
import { allowCall, createFunction } from './function.ts';
import { createMetrics } from './metrics.ts';
import { createNetwork } from './network.ts';
import { createRegistry } from './registry.ts';
import { createReleaseJobs } from './release-jobs.ts';
import { createSchedules } from './schedules.ts';
import type { Scope } from './scope.ts';
import { createSearchServerMetric } from './search-server-metric.ts';
import { createSecrets, secretsOf } from './secrets.ts';
import { createStatusChecks } from './status-checks.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createTopics } from './topics.ts';
import type { Topology } from './topology.ts';
import { createTypesense } from './typesense.ts';

/** The first that imports what is there already, as the secrets are. */
const terraformVersion = '>= 1.5.0';

/**
 * All resources of one environment.
 *
 * @throws {ConfigError} when the topology cannot work.
 */
export function createStack(topology: Topology, environment: Environment): TerraformStack {
  checkTopology(topology, environment);
  const { functions, alerts } = topology;
  const { project, region, name } = environment;
  const stack = new TerraformStack(new App(), name);
  const scope: Scope = { stack, environment };
  stack.addOverride('terraform.required_version', terraformVersion);
  new GcsBackend(stack, { bucket: `${project}-terraform`, prefix: name });
  new GoogleProvider(stack, 'google', {
    project,
    region,
    defaultLabels: { app: 'destaques', environment: name },
    // Budgets are calls about another thing than a project, and are counted on ours.
    userProjectOverride: true,
    billingProject: project,
  });
  const variables = createVariables(stack);
  enableApis(scope);
  const { number } = new DataGoogleProject(stack, 'project', { projectId: project });

  const network = createNetwork(scope);
  const instance = createDatabase(scope, network);
  const buckets = createBuckets(scope);
  const registry = createRegistry(scope);
  const secrets = createSecrets(scope, secretsOf(functions, environment));
  const subscriptions = subscriptionsOf(functions);
  const deadLetters = subscriptions.flatMap(({ deadLetterTopic }) => deadLetterTopic ?? []);
  const topics = createTopics(scope, { chain: topology.topics, deadLetters });
  const { search } = environment;
  const typesense =
    search.index === 'typesense'
      ? { typesenseHost: createTypesense(scope, search, { network, secrets, registry }) }
      : {};

  createReleaseJobs(scope, { network, instance, smokeTopic: topics.get('scraped') });
  const parts = { network, instance, buckets, secrets, topics, ...typesense };
  const services = new Map(functions.map((entry) => [entry.name as string, createFunction(scope, entry, parts)]));
  const open = functions.find(({ isPublic }) => isPublic);
  for (const entry of functions.filter(({ isPublic }) => isPublic)) {
    allowCall(scope, { service: services.get(entry.name)!, name: entry.name, caller: 'everyone', member: 'allUsers' });
  }
  createSubscriptions(scope, subscriptions, {
    services,
    topics,
    serviceAgent: `service-${number}@gcp-sa-pubsub.iam.gserviceaccount.com`,
  });
  createSchedules(scope, functions, services);

  const channel = new MonitoringNotificationChannel(stack, 'channel-operators', {
    type: 'email',
    displayName: 'operators',
    labels: { email_address: variables.alertEmail.stringValue },
  });
  const metrics = createMetrics(scope);
  const checks = createStatusChecks(scope, alerts, open && services.get(open.name)!.uri);
  const serverMetrics = search.index === 'typesense' ? [createSearchServerMetric(scope)] : [];
  const alertMetrics = [...metrics, ...serverMetrics];
  createAlertPolicies(scope, alerts, { channel, metrics: alertMetrics, checkIdOf: (alert) => checks.get(alert)! });
  createDashboard(scope, functions, metrics);
  createBudget(scope, { billingAccount: variables.billingAccount.stringValue, projectNumber: number, channel });
  return stack;
}

/** What differs between installations and belongs in no repository. */
function createVariables(stack: TerraformStack): Record<'billingAccount' | 'alertEmail', TerraformVariable> {
  const variable = (name: string, description: string, pattern: string) => {
    const created = new TerraformVariable(stack, name, { type: VariableType.STRING, description, nullable: false });
    created.addValidation({
      condition: `\${can(regex("${pattern}", var.${name}))}`,
      errorMessage: `${name} must be ${description}.`,
    });
    return created;
  };
  return {
    billingAccount: variable(
      'billing_account',
      'the id of the billing account, 000000-000000-000000',
      '^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$',
    ),
    alertEmail: variable('alert_email', 'the address that alerts go to', '^[^@ ]+@[^@ ]+$'),
  };
}
