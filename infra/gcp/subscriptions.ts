import type { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js';
import { PubsubSubscriptionIamMember } from '@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js';
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js';
import type { Subscription } from '../../shared/pipeline.ts';
import { createAccount } from './account.ts';
import { allowCall } from './function.ts';
import type { Scope } from './scope.ts';
import type { Topics } from './topics.ts';

export interface SubscriptionParts {
  services: ReadonlyMap<string, CloudRunV2Service>;
  topics: Topics;
  /** E-mail of Pub/Sub's own account in this project. */
  serviceAgent: string;
}

/** The push subscriptions, the account that calls as them, and what Pub/Sub itself needs to give messages up. */
export function createSubscriptions(
  scope: Scope,
  subscriptions: readonly Subscription[],
  parts: SubscriptionParts,
): void {
  if (subscriptions.length === 0) return;
  const { stack } = scope;
  const agent = `serviceAccount:${parts.serviceAgent}`;
  const caller = createAccount(scope, { id: 'pubsub-push', what: 'push subscriptions' });
  new ServiceAccountIamMember(stack, 'account-pubsub-push-agent', {
    serviceAccountId: caller.name,
    role: 'roles/iam.serviceAccountTokenCreator',
    member: agent,
  });
  for (const name of new Set(subscriptions.map((subscription) => subscription.function))) {
    const member = `serviceAccount:${caller.email}`;
    allowCall(scope, { service: parts.services.get(name)!, name, caller: 'pubsub', member });
  }
  for (const subscription of subscriptions) {
    const created = createSubscription(scope, subscription, { ...parts, callerEmail: caller.email });
    if (!subscription.deadLetterTopic) continue;
    new PubsubTopicIamMember(stack, `topic-${subscription.deadLetterTopic}-agent`, {
      topic: parts.topics.get(subscription.deadLetterTopic)!.name,
      role: 'roles/pubsub.publisher',
      member: agent,
    });
    new PubsubSubscriptionIamMember(stack, `subscription-${subscription.name}-agent`, {
      subscription: created.name,
      role: 'roles/pubsub.subscriber',
      member: agent,
    });
  }
}

function createSubscription(
  { stack }: Scope,
  subscription: Subscription,
  { services, topics, callerEmail }: SubscriptionParts & { callerEmail: string },
): PubsubSubscription {
  const { name, deadLetterTopic } = subscription;
  const { uri } = services.get(subscription.function)!;
  return new PubsubSubscription(stack, `subscription-${name}`, {
    name,
    topic: topics.get(subscription.topic)!.id,
    ackDeadlineSeconds: subscription.ackDeadlineSeconds,
    messageRetentionDuration: `${subscription.retentionSeconds}s`,
    retainAckedMessages: true,
    // By default one that was idle for 31 days is deleted.
    expirationPolicy: { ttl: '' },
    retryPolicy: {
      minimumBackoff: `${subscription.minBackoffSeconds}s`,
      maximumBackoff: `${subscription.maxBackoffSeconds}s`,
    },
    pushConfig: { pushEndpoint: uri, oidcToken: { serviceAccountEmail: callerEmail, audience: uri } },
    ...(deadLetterTopic
      ? {
          deadLetterPolicy: {
            deadLetterTopic: topics.get(deadLetterTopic)!.id,
            maxDeliveryAttempts: subscription.maxDeliveryAttempts,
          },
        }
      : {}),
  });
}
