import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { attemptsOutlastSeconds } from '../../../infra/gcp/check-topology.ts';
import { openEnvironment } from '../../../infra/gcp/environment.ts';
import { synthesize } from '../../../infra/gcp/synthesize.ts';
import { topologyOf } from '../../../infra/gcp/topology.ts';
import { replayWindowSeconds, subscriptions } from '../../../shared/pipeline.ts';
import { addressesOf, prod, reference, resourcesOf, targetOf, textsOf, topology, withTypesense } from './resources.ts';

const { functions } = topology;
const publishers = functions.flatMap(({ name, publishes, alsoPublishes = [] }) =>
  [...new Set([...(publishes ? [publishes] : []), ...alsoPublishes])].map((topic) => ({ name, topic })),
);

for (const environment of [prod, withTypesense]) {
  const topology = topologyOf(environment);
  const config = synthesize(topology, environment);
  const blocks = (type: string) => resourcesOf(config, type);
  const one = (address: string) => {
    const [type, name] = address.split('.') as [string, string];
    return config.resource[type]?.[name] as ReturnType<typeof blocks>[number][1];
  };
  const members = (type: string) => blocks(type).map(([, settings]) => settings);
  const texts = textsOf(config);

  describe(`the resources with search in ${environment.search.index}`, () => {
    test('every reference and every dependency is to a block that is there', () => {
      const known = new Set([
        ...addressesOf(config),
        ...Object.entries(config.data).flatMap(([type, found]) =>
          Object.keys(found).map((name) => `data.${type}.${name}`),
        ),
        ...Object.keys(config.variable).map((name) => `var.${name}`),
      ]);
      const references = texts.flatMap((text) =>
        [...text.matchAll(/\$\{([^}]*)\}/g)].flatMap(([, expression]) =>
          [...expression!.matchAll(/(?:data\.)?\bgoogle_\w+\.[\w-]+|\bvar\.\w+/g)].map(([address]) => address),
        ),
      );
      assert.ok(references.length > 200);
      const dependencies = Object.values(config.resource).flatMap((found) =>
        Object.values(found).flatMap(({ depends_on: wanted }) => (wanted ?? []) as string[]),
      );
      assert.ok(dependencies.length > 0);
      for (const address of [...references, ...dependencies]) assert.ok(known.has(address), address);
    });

    test('each function has exactly its resources, by the table', () => {
      assert.deepEqual(
        blocks('google_cloud_run_v2_service')
          .map(([, { name }]) => name)
          .sort(),
        functions.map(({ name }) => name).sort(),
      );
      for (const entry of functions) {
        const service = one(`google_cloud_run_v2_service.function-${entry.name}`);
        const { template } = service;
        const [container] = template.containers;
        assert.deepEqual(
          container.resources.limits,
          { cpu: String(entry.cpu), memory: `${entry.memoryMiB}Mi` },
          entry.name,
        );
        assert.equal(template.max_instance_request_concurrency, entry.concurrency);
        assert.equal(template.timeout, `${entry.timeoutSeconds}s`);
        assert.deepEqual(template.scaling, { min_instance_count: 0, max_instance_count: entry.maxInstances });
        assert.equal(template.service_account, `\${google_service_account.account-fn-${entry.name}.email}`);
        assert.ok(one(`google_service_account.account-fn-${entry.name}`));
        assert.ok(one(`google_sql_user.database-user-${entry.name}`));
        const env = new Map(
          container.env.map((variable: { name: string; value?: string }) => [variable.name, variable.value]),
        );
        assert.equal(env.get('NODE_ENV'), 'production');
      }
    });

    test('a function publishes to its topics and to no other', () => {
      const granted = members('google_pubsub_topic_iam_member').flatMap(({ topic, member, role }) => {
        assert.equal(role, 'roles/pubsub.publisher');
        if (member.includes('gcp-sa-pubsub')) return [];
        const [, name] = /account-(?:fn-)?([\w-]+)\.email/.exec(member)!;
        return [`${name} ${one(targetOf(topic)).name}`];
      });
      assert.deepEqual(
        granted.sort(),
        ['release scraped', ...publishers.map(({ name, topic }) => `${name} ${topic}`)].sort(),
      );
    });

    test('nothing has a basic or wildcard role, and what a function may do stands on the very resource', () => {
      const grants = Object.entries(config.resource).flatMap(([type, found]) =>
        Object.values(found).flatMap((settings) => ('role' in settings ? [{ type, role: String(settings.role) }] : [])),
      );
      assert.ok(grants.length > 40);
      for (const { type, role } of grants) {
        assert.match(role, /^roles\/[a-zA-Z]+\.[a-zA-Z]+$/);
        assert.doesNotMatch(role, /\*|admin|owner|editor/i);
        // Cloud SQL, Cloud Logging and Cloud Monitoring grant by project alone.
        if (type === 'google_project_iam_member')
          assert.match(role, /^roles\/(cloudsql\.(client|instanceUser)|logging\.logWriter|monitoring\.metricWriter)$/);
      }
      assert.deepEqual(
        addressesOf(config).filter((address) => /iam_(binding|policy)|service_account_key/.test(address)),
        [],
      );
    });

    test('only the public function can be called by everyone, and every other by exactly who starts it', () => {
      const callers = members('google_cloud_run_v2_service_iam_member').map(({ name, member }) => {
        const who = member === 'allUsers' ? member : /account-([\w-]+)\.email/.exec(member)![1];
        return `${one(targetOf(name)).name} ${who}`;
      });
      const who = { cron: ['scheduler'], topic: ['pubsub-push'], 'dead-letters': ['pubsub-push'], http: [] };
      assert.deepEqual(
        callers.sort(),
        functions
          .flatMap(({ name, trigger, isPublic }) =>
            [...who[trigger.kind], ...(isPublic ? ['allUsers'] : [])].map((caller) => `${name} ${caller}`),
          )
          .sort(),
      );
      assert.deepEqual(
        callers.filter((caller) => caller.endsWith('allUsers')),
        ['api allUsers'],
      );
      assert.ok(!texts.includes('allAuthenticatedUsers'));
    });

    test('no value of a secret stands in the configuration', () => {
      assert.deepEqual(
        addressesOf(config).filter((address) => address.includes('secret_version')),
        [],
      );
      assert.deepEqual(
        texts.filter((text) => /^(hf_|sk-|AIza|-----BEGIN)/.test(text)),
        [],
      );
      const names = JSON.stringify(config).match(/"(password|root_password|api_key|token)":/g);
      assert.equal(names, null);
      for (const [, { template }] of blocks('google_cloud_run_v2_service')) {
        for (const { name, value } of template.containers[0].env) {
          if (/KEY|TOKEN|PASSWORD|SECRET/.test(name))
            assert.match(`${name}=${value}`, /^\w+_SECRET=projects\/[a-z-]+\/secrets\/[a-z-]+\/versions\/latest$/);
        }
      }
    });

    test('secrets are taken over from the operator, and read by those alone that use them', () => {
      const secrets = members('google_secret_manager_secret').map(({ secret_id: id }) => id);
      const expected = environment === prod ? ['huggingface-token'] : ['huggingface-token', 'typesense-api-key'];
      assert.deepEqual(secrets.sort(), expected);
      assert.deepEqual(config.import!.map(({ id }) => id.split('/').at(-1)).sort(), expected);
      const readers = members('google_secret_manager_secret_iam_member').map(
        ({ secret_id: id, member }) => `${one(targetOf(id)).secret_id} ${/account-([\w-]+)\.email/.exec(member)![1]}`,
      );
      const ofTypesense = ['fn-api', 'fn-reconcile', 'fn-sync', 'typesense'].map((name) => `typesense-api-key ${name}`);
      const ofHub = ['fn-export', 'fn-import'].map((name) => `huggingface-token ${name}`);
      assert.deepEqual(readers.sort(), [...ofHub, ...(environment === prod ? [] : ofTypesense)]);
      const told = functions.flatMap(({ name }) => {
        const [{ env }] = one(`google_cloud_run_v2_service.function-${name}`).template.containers;
        const places = env.filter((variable: { name: string }) => variable.name.endsWith('_SECRET'));
        return places.map(({ value }: { value: string }) => `${value.split('/')[3]} fn-${name}`);
      });
      assert.deepEqual(
        told.sort(),
        readers.filter((reader) => reader.includes(' fn-')),
      );
      for (const { role } of members('google_secret_manager_secret_iam_member'))
        assert.equal(role, 'roles/secretmanager.secretAccessor');
    });

    test('every topic of the chain has a schema, and keeps messages as far back as one may seek', () => {
      for (const [, topic] of blocks('google_pubsub_topic')) {
        assert.ok(Number.parseInt(topic.message_retention_duration, 10) >= replayWindowSeconds, topic.name);
        assert.equal(Boolean(topic.schema_settings), topology.topics.includes(topic.name), topic.name);
      }
    });

    test('every subscription of the chain has a dead-letter topic whose subscription goes to quarantine', () => {
      assert.deepEqual(
        blocks('google_pubsub_subscription')
          .map(([, { name }]) => name)
          .sort(),
        subscriptions(functions)
          .map(({ name }) => name)
          .sort(),
      );
      for (const { name, deadLetterTopic } of subscriptions(functions).filter((row) => row.deadLetterTopic)) {
        const { dead_letter_policy: policy } = one(`google_pubsub_subscription.subscription-${name}`);
        const dead = targetOf(policy.dead_letter_topic);
        assert.equal(one(dead).name, deadLetterTopic);
        const takers = members('google_pubsub_subscription').filter(({ topic }) => targetOf(topic) === dead);
        assert.equal(takers.length, 1);
        assert.equal(targetOf(takers[0].push_config.push_endpoint), 'google_cloud_run_v2_service.function-quarantine');
      }
    });

    test("Pub/Sub's own account may take from each such subscription, write to its dead-letter topic, and call as ours", () => {
      const agent = `serviceAccount:service-${reference('data.google_project.project.number')}@gcp-sa-pubsub.iam.gserviceaccount.com`;
      for (const { name, deadLetterTopic } of subscriptions(functions).filter((row) => row.deadLetterTopic)) {
        const take = one(`google_pubsub_subscription_iam_member.subscription-${name}-agent`);
        assert.deepEqual([take.role, take.member], ['roles/pubsub.subscriber', agent]);
        assert.equal(targetOf(take.subscription), `google_pubsub_subscription.subscription-${name}`);
        const write = one(`google_pubsub_topic_iam_member.topic-${deadLetterTopic}-agent`);
        assert.deepEqual([write.role, write.member], ['roles/pubsub.publisher', agent]);
      }
      const call = one('google_service_account_iam_member.account-pubsub-push-agent');
      assert.deepEqual([call.role, call.member], ['roles/iam.serviceAccountTokenCreator', agent]);
    });

    test('pushes and schedules carry a token for the function that they call', () => {
      for (const [name, { push_config: push }] of blocks('google_pubsub_subscription')) {
        assert.equal(push.oidc_token.audience, push.push_endpoint, name);
        assert.equal(targetOf(push.oidc_token.service_account_email), 'google_service_account.account-pubsub-push');
      }
      for (const [name, job] of blocks('google_cloud_scheduler_job')) {
        assert.equal(job.http_target.oidc_token.audience, job.http_target.uri, name);
        assert.equal(job.time_zone, 'America/Sao_Paulo');
        assert.ok(job.retry_config.retry_count > 0);
      }
    });

    test('no deadline is shorter than the work it waits for, and attempts outlast two hours', () => {
      for (const entry of functions) {
        const seconds = (text: string) => Number.parseInt(text, 10);
        for (const [name, { push_config: push, ack_deadline_seconds: deadline }] of blocks(
          'google_pubsub_subscription',
        )) {
          if (targetOf(push.push_endpoint).endsWith(`function-${entry.name}`))
            assert.ok(deadline >= entry.timeoutSeconds, name);
        }
        if (entry.delivery) assert.ok(attemptsOutlastSeconds(entry.delivery) >= 2 * 3600, entry.name);
        if (entry.trigger.kind !== 'cron') continue;
        const job = one(`google_cloud_scheduler_job.schedule-${entry.name}`);
        assert.equal(job.schedule, entry.trigger.schedule);
        assert.ok(seconds(job.attempt_deadline) >= entry.timeoutSeconds, entry.name);
      }
    });

    test('no function takes more than one request with less than one CPU', () => {
      for (const [name, { template }] of blocks('google_cloud_run_v2_service')) {
        const cpu = Number(template.containers[0].resources.limits.cpu);
        assert.ok(cpu >= 1 || template.max_instance_request_concurrency === 1, name);
      }
    });

    test('the database has a private address, IAM login, backups, and cannot be deleted by mistake', () => {
      const { settings, deletion_protection: isProtected } = one('google_sql_database_instance.database');
      assert.equal(isProtected, true);
      assert.equal(settings.deletion_protection_enabled, true);
      assert.equal(settings.ip_configuration.ipv4_enabled, false);
      assert.equal(settings.backup_configuration.point_in_time_recovery_enabled, true);
      assert.ok(settings.backup_configuration.transaction_log_retention_days * 86_400 >= replayWindowSeconds);
      const flags = new Map(
        settings.database_flags.map((flag: { name: string; value: string }) => [flag.name, flag.value]),
      );
      assert.equal(flags.get('cloudsql.iam_authentication'), 'on');
      for (const user of members('google_sql_user')) {
        assert.equal(user.type, 'CLOUD_IAM_SERVICE_ACCOUNT');
        assert.match(
          user.name,
          /^\$\{trimsuffix\(google_service_account\.[\w-]+\.email, "\.gserviceaccount\.com"\)\}$/,
        );
      }
    });

    test('buckets are versioned and closed, and old pages get cheaper', () => {
      for (const [name, bucket] of blocks('google_storage_bucket')) {
        assert.equal(bucket.versioning.enabled, true, name);
        assert.equal(bucket.uniform_bucket_level_access, true, name);
        assert.equal(bucket.public_access_prevention, 'enforced', name);
      }
      const rules = one('google_storage_bucket.bucket-bronze').lifecycle_rule.map(
        ({ condition, action }: { condition: { age: number }; action: { storage_class: string } }) => [
          condition.age,
          action.storage_class,
        ],
      );
      assert.deepEqual(rules, [
        [90, 'NEARLINE'],
        [365, 'COLDLINE'],
      ]);
    });

    test('the firewall names who may come in, everything else is denied', () => {
      const ingress = blocks('google_compute_firewall').map(([name, rule]) => [
        name,
        rule.source_ranges,
        rule.allow?.[0].ports,
        rule.priority,
      ]);
      assert.deepEqual(ingress, [
        ['firewall-deny', ['0.0.0.0/0'], undefined, 65_000],
        ...(environment === prod
          ? []
          : [
              ['firewall-typesense', [prod.subnetRange], ['8108'], undefined],
              ['firewall-typesense-ssh', ['35.235.240.0/20'], ['22'], undefined],
            ]),
      ]);
      for (const [, instance] of blocks('google_compute_instance')) {
        assert.ok(instance.network_interface.every((nic: object) => !('access_config' in nic)));
      }
    });

    test('each alert of the table is a policy that tells the operators what is wrong and where to read on', () => {
      assert.deepEqual(
        blocks('google_monitoring_alert_policy')
          .map(([, policy]) => policy.display_name)
          .sort(),
        topology.alerts.map(({ name }) => name).sort(),
      );
      for (const { name, text } of topology.alerts) {
        const policy = one(`google_monitoring_alert_policy.alert-${name}`);
        assert.deepEqual(policy.notification_channels, [
          reference('google_monitoring_notification_channel.channel-operators.name'),
        ]);
        assert.ok(policy.documentation.content.startsWith(text));
        assert.match(policy.documentation.content, /docs\/runbook\.md/);
        for (const { condition_threshold: threshold, condition_absent: absent } of policy.conditions) {
          if (threshold) assert.equal(threshold.comparison, 'COMPARISON_GT');
          // Cloud Monitoring refuses an alignment of more than a day and less than a minute.
          for (const { alignment_period: period } of (threshold ?? absent).aggregations) {
            const seconds = Number.parseInt(period, 10);
            assert.ok(seconds >= 60 && seconds <= 86_400 && seconds % 60 === 0, name);
          }
        }
      }
    });

    test('the dashboard shows each function, and its tiles neither overlap nor leave the grid', () => {
      const { mosaicLayout } = JSON.parse(one('google_monitoring_dashboard.dashboard').dashboard_json);
      const titles = mosaicLayout.tiles.map(({ widget }: { widget: { title: string } }) => widget.title);
      for (const { name } of functions)
        assert.ok(
          titles.some((title: string) => title.startsWith(`${name}:`)),
          name,
        );
      const places = new Set(
        mosaicLayout.tiles.map(({ xPos, yPos }: { xPos: number; yPos: number }) => `${xPos} ${yPos}`),
      );
      assert.equal(places.size, mosaicLayout.tiles.length);
      for (const { xPos, width } of mosaicLayout.tiles) assert.ok(xPos + width <= mosaicLayout.columns);
    });
  });
}

test('an alert speaks of no metric of ours that is not made', () => {
  const environments = [prod, withTypesense];
  for (const environment of environments) {
    const { resource } = synthesize(topologyOf(environment), environment);
    const types = [
      ...Object.values(resource.google_logging_metric ?? {}).map(({ name }) => `logging.googleapis.com/user/${name}`),
      ...Object.values(resource.google_monitoring_metric_descriptor ?? {}).map(({ type }) => type),
    ];
    const spoken = textsOf(resource.google_monitoring_alert_policy).flatMap(
      (text) => text.match(/(?:custom|logging)\.googleapis\.com\/[\w/]+/g) ?? [],
    );
    assert.ok(spoken.length > 0);
    for (const type of spoken) assert.ok(types.includes(type), type);
  }
});

test('a Typesense server exists where search is in Typesense, with a disk of its own and its snapshots', () => {
  const servers = (environment: typeof prod) =>
    addressesOf(synthesize(topology, environment)).filter((address) => address.startsWith('google_compute_'));
  const added = servers(withTypesense).filter((address) => !servers(prod).includes(address));
  assert.deepEqual(added, [
    'google_compute_address.typesense-address',
    'google_compute_disk.typesense-disk',
    'google_compute_disk_resource_policy_attachment.typesense-disk-snapshots',
    'google_compute_firewall.firewall-typesense',
    'google_compute_firewall.firewall-typesense-ssh',
    'google_compute_instance.typesense',
    'google_compute_resource_policy.typesense-snapshots',
  ]);
});

test('a secret is read in the version that the environment pins, by functions and by the server of Typesense', () => {
  const pinned = openEnvironment('prod', { 'search.index': 'typesense', 'secretVersions.typesense-api-key': '3' });
  const { resource } = synthesize(topology, pinned);
  const versionsIn = (value: unknown) => [
    ...new Set(textsOf(value).flatMap((text) => text.match(/secrets\/[\w-]+\/versions\/\w+/g) ?? [])),
  ];
  const typesense = 'secrets/typesense-api-key/versions/3';
  assert.deepEqual(versionsIn(resource.google_cloud_run_v2_service).sort(), [
    'secrets/huggingface-token/versions/latest',
    typesense,
  ]);
  assert.deepEqual(versionsIn(resource.google_compute_instance), [typesense]);
});
