import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Topology } from '../../../infra/gcp/topology.ts';
import { alerts as platformAlerts } from '../../../shared/alerts.ts';
import type { PipelineFunction } from '../../../shared/pipeline.ts';
import { addressesOf, synthesizeWith, topology } from './resources.ts';

const { functions, alerts } = topology;
const before = addressesOf(synthesizeWith({}));

function changes(change: Partial<Topology>): { added: string[]; removed: string[] } {
  const after = addressesOf(synthesizeWith(change));
  return {
    added: after.filter((address) => !before.includes(address)),
    removed: before.filter((address) => !after.includes(address)),
  };
}

const edit = (name: string, fields: object) =>
  functions.map((entry) => (entry.name === name ? ({ ...entry, ...fields } as PipelineFunction) : entry));

describe('a change of the table', () => {
  test('a scheduled function that is removed takes exactly its own resources along', () => {
    const { added, removed } = changes({
      functions: functions.filter(({ name }) => name !== 'export'),
      alerts: alerts.filter(({ name }) => name !== 'export-failed'),
    });
    assert.deepEqual(added, []);
    assert.deepEqual(removed, [
      'google_cloud_run_v2_service.function-export',
      'google_cloud_run_v2_service_iam_member.function-export-scheduler',
      'google_cloud_scheduler_job.schedule-export',
      'google_monitoring_alert_policy.alert-export-failed',
      'google_project_iam_member.account-fn-export-cloudsql-client',
      'google_project_iam_member.account-fn-export-cloudsql-instanceUser',
      'google_secret_manager_secret_iam_member.secret-huggingface-token-export',
      'google_service_account.account-fn-export',
      'google_sql_user.database-user-export',
    ]);
  });

  test('a secret goes with the last function that reads it', () => {
    const { removed } = changes({ functions: functions.filter(({ uses = [] }) => !uses.includes('hub')), alerts: [] });
    assert.deepEqual(
      removed.filter((address) => address.startsWith('google_secret_manager_secret')),
      [
        'google_secret_manager_secret.secret-huggingface-token',
        'google_secret_manager_secret_iam_member.secret-huggingface-token-export',
        'google_secret_manager_secret_iam_member.secret-huggingface-token-import',
      ],
    );
  });

  test('a stage and its topic that are added get all that they need', () => {
    const scrape = functions.find(({ name }) => name === 'scrape')!;
    const translate = {
      name: 'translate',
      trigger: { kind: 'topic', topic: 'synced' },
      publishes: 'translated',
      memoryMiB: 512,
      cpu: 1,
      concurrency: 1,
      maxInstances: 1,
      timeoutSeconds: 60,
      delivery: scrape.delivery,
    } as unknown as PipelineFunction;
    const { added, removed } = changes({
      functions: [...functions, translate],
      topics: [...topology.topics, 'translated'],
    });
    assert.deepEqual(removed, []);
    assert.deepEqual(added, [
      'google_cloud_run_v2_service.function-translate',
      'google_cloud_run_v2_service_iam_member.function-translate-pubsub',
      'google_project_iam_member.account-fn-translate-cloudsql-client',
      'google_project_iam_member.account-fn-translate-cloudsql-instanceUser',
      'google_pubsub_schema.schema-translated',
      'google_pubsub_subscription.subscription-translate',
      'google_pubsub_subscription.subscription-translate-dead-letters',
      'google_pubsub_subscription_iam_member.subscription-translate-agent',
      'google_pubsub_topic.topic-translate-dead-letters',
      'google_pubsub_topic.topic-translated',
      'google_pubsub_topic_iam_member.topic-translate-dead-letters-agent',
      'google_pubsub_topic_iam_member.topic-translated-translate',
      'google_service_account.account-fn-translate',
      'google_sql_user.database-user-translate',
    ]);
  });

  test('a topic that nobody publishes any more takes its schema along, and the rights to publish to it', () => {
    const without = (publisher: PipelineFunction): PipelineFunction => {
      const { publishes, alsoPublishes = [], ...rest } = publisher;
      return {
        ...rest,
        ...(publishes && publishes !== 'synced' ? { publishes } : {}),
        alsoPublishes: alsoPublishes.filter((topic) => topic !== 'synced'),
      };
    };
    const { added, removed } = changes({
      functions: functions.map(without),
      topics: topology.topics.filter((topic) => topic !== 'synced'),
    });
    assert.deepEqual(added, []);
    assert.deepEqual(removed, [
      'google_pubsub_schema.schema-synced',
      'google_pubsub_topic.topic-synced',
      'google_pubsub_topic_iam_member.topic-synced-reconcile',
      'google_pubsub_topic_iam_member.topic-synced-sync',
    ]);
  });

  test('an alert that is added is one policy more, and a check from outside where it is about an address', () => {
    const [health] = alerts.filter(({ name }) => name === 'health');
    const { added, removed } = changes({ alerts: [...alerts, { ...health!, name: 'search-page' }] });
    assert.deepEqual(removed, []);
    assert.deepEqual(added, [
      'google_monitoring_alert_policy.alert-search-page',
      'google_monitoring_uptime_check_config.check-search-page',
    ]);
  });

  test('an alert that is removed takes its policy along, and its check from outside if it has one', () => {
    const without = (name: string) => changes({ alerts: alerts.filter((alert) => alert.name !== name) });
    assert.deepEqual(without('backlog-age'), {
      added: [],
      removed: ['google_monitoring_alert_policy.alert-backlog-age'],
    });
    assert.deepEqual(without('coverage'), {
      added: [],
      removed: [
        'google_monitoring_alert_policy.alert-coverage',
        'google_monitoring_uptime_check_config.check-coverage',
      ],
    });
  });

  test('without schedules and without subscriptions their accounts are gone too', () => {
    const [api] = functions.filter(({ isPublic }) => isPublic);
    const { added, removed } = changes({
      functions: [api!],
      topics: [],
      alerts: alerts.filter(({ name }) => name === 'health'),
    });
    assert.deepEqual(added, []);
    assert.ok(removed.includes('google_service_account.account-scheduler'));
    assert.ok(removed.includes('google_service_account.account-pubsub-push'));
  });
});

describe('a table that cannot work is refused with a sentence that says why', () => {
  const refusals: [what: string, change: Partial<Topology>, sentence: RegExp][] = [
    [
      'a stage without delivery',
      { functions: edit('embed', { delivery: undefined }) },
      /embed takes messages, but nothing says how they are delivered and when they are given up\./,
    ],
    [
      'no function for dead letters',
      { functions: functions.filter(({ name }) => name !== 'quarantine') },
      /What scrape gives up has no dead-letter path: no function takes the dead-letter topics\./,
    ],
    [
      'a deadline shorter than the timeout',
      { functions: edit('scrape', { timeoutSeconds: 900 }) },
      /The ack deadline of scrape is 600 s and its timeout 900 s: a message would be sent again while it is being worked on\./,
    ],
    [
      'attempts that an outage outlasts',
      { functions: edit('sync', { delivery: { ...functions[1]!.delivery!, maxDeliveryAttempts: 5 } }) },
      /The attempts of sync last 150 s: an outage of 7200 s would dead-letter what waits\./,
    ],
    [
      'a delivery that Pub/Sub does not do',
      { functions: edit('sync', { delivery: { ...functions[1]!.delivery!, ackDeadlineSeconds: 900 } }) },
      /ackDeadlineSeconds of sync is 900, Pub\/Sub takes 10 to 600\./,
    ],
    [
      'retention below what one may seek back',
      { functions: edit('enrich', { delivery: { ...functions[1]!.delivery!, retentionSeconds: 86_400 } }) },
      /enrich keeps messages 86400 s, less than the 604800 s that an operator can seek back\./,
    ],
    [
      'memory too small for the model',
      { functions: edit('api', { memoryMiB: 512 }) },
      /api has 512 MiB, too small for the model: its file of 267 MiB needs 913 MiB to run\./,
    ],
    [
      'less than one CPU for many requests',
      { functions: edit('enrich', { cpu: 0.5 }) },
      /enrich takes 20 requests at a time with 0\.5 CPU: Cloud Run gives less than one CPU one request\./,
    ],
    [
      'memory that Cloud Run does not have for the CPU',
      { functions: edit('enrich', { memoryMiB: 8192 }) },
      /enrich asks for 8192 MiB with 1 CPU: Cloud Run has 4096 MiB for that\./,
    ],
    [
      'a run longer than Cloud Scheduler waits',
      { functions: edit('export', { timeoutSeconds: 3600 }) },
      /export may take 3600 s, but Cloud Scheduler waits 1800 s at most/,
    ],
    [
      'a schedule that is none',
      { functions: edit('export', { trigger: { kind: 'cron', schedule: '61 5 * * *' } }) },
      /The schedule 61 5 \* \* \* of export is none: /,
    ],
    [
      'a topic that is not there',
      { topics: topology.topics.filter((topic) => topic !== 'scraped') },
      /enrich waits for the topic scraped, which is not in the table\.\n(.*\n)*- scrape publishes to scraped, which is not in the table\./,
    ],
    [
      'a topic that nobody publishes',
      { topics: [...topology.topics, 'forgotten'] },
      /No function publishes the topic forgotten\./,
    ],
    [
      'more instances than the database has connections for',
      { functions: edit('scrape', { maxInstances: 41 }) },
      /All instances together may open 173 connections \(15 kept for operators\), the database takes 100\./,
    ],
    [
      'an alert about a function that is gone',
      { functions: functions.filter(({ name }) => name !== 'export') },
      /The alert export-failed watches export, which is not in the table\./,
    ],
    [
      'an alert from outside about a platform without a public function',
      { functions: edit('api', { isPublic: false }) },
      /The alert health reads \/health, but no function is public\./,
    ],
    [
      'an alert about a search server that is not there',
      { alerts: platformAlerts },
      /The alert search-server watches the server of Typesense, but search is in postgres\./,
    ],
    [
      'a function that is there twice',
      { functions: [...functions, functions[0]!] },
      /dispatch is in the table twice\./,
    ],
  ];
  for (const [what, change, sentence] of refusals) {
    test(what, () => {
      assert.throws(() => synthesizeWith(change), { name: 'ConfigError', message: sentence });
    });
  }

  test('all problems are told at once', () => {
    const change = { functions: edit('scrape', { timeoutSeconds: 900, memoryMiB: 128 }) };
    assert.throws(() => synthesizeWith(change), /The ack deadline of scrape .*\n- scrape has 128 MiB/);
  });
});
