import {
  MonitoringAlertPolicy,
  type MonitoringAlertPolicyConditions,
  type MonitoringAlertPolicyConditionsConditionThreshold,
} from '@cdktf/provider-google/lib/monitoring-alert-policy/index.js';
import type { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel/index.js';
import type { ITerraformDependable } from 'cdktf';
import type { AlertCondition, PlatformAlert } from '../../shared/alerts.ts';
import { loggedOutcomes, metricNames } from './metrics.ts';
import type { Scope } from './scope.ts';
import { searchServerMetric } from './search-server-metric.ts';

type Threshold = MonitoringAlertPolicyConditionsConditionThreshold;

export interface AlertParts {
  channel: MonitoringNotificationChannel;
  /** The metrics of ours, which must exist before a policy speaks of them. */
  metrics: readonly ITerraformDependable[];
  /** Id of the uptime check of an alert of kind `status`. */
  checkIdOf(alertName: string): string;
}

/** One alert policy a row of the table. */
export function createAlertPolicies({ stack }: Scope, alerts: readonly PlatformAlert[], parts: AlertParts): void {
  for (const { name, severity, condition, text } of alerts) {
    new MonitoringAlertPolicy(stack, `alert-${name}`, {
      displayName: name,
      severity,
      combiner: 'OR',
      conditions: conditionsOf(name, condition, parts),
      notificationChannels: [parts.channel.name],
      documentation: {
        mimeType: 'text/markdown',
        subject: text,
        content: `${text}\n\nO que fazer: docs/runbook.md, seção \`${name}\`.`,
      },
      alertStrategy: { autoClose: '86400s' },
      dependsOn: [...parts.metrics],
    });
  }
}

function conditionsOf(name: string, condition: AlertCondition, parts: AlertParts): MonitoringAlertPolicyConditions[] {
  const above = (displayName: string, threshold: Omit<Threshold, 'comparison'>): MonitoringAlertPolicyConditions => ({
    displayName,
    conditionThreshold: { comparison: 'COMPARISON_GT', ...threshold },
  });
  switch (condition.kind) {
    case 'failure-rate': {
      const stage = `metric.label.stage="${condition.function}"`;
      return [
        above(name, {
          filter: `${logged(metricNames.messages)} AND ${stage} AND metric.label.outcome!="${loggedOutcomes.done}"`,
          denominatorFilter: `${logged(metricNames.messages)} AND ${stage}`,
          aggregations: [sumOver(3600)],
          denominatorAggregations: [sumOver(3600)],
          thresholdValue: condition.above,
          duration: '0s',
        }),
      ];
    }
    case 'failed-runs':
      return [
        above(name, {
          filter: `${logged(metricNames.runs)} AND metric.label.stage="${condition.function}" AND metric.label.outcome="${loggedOutcomes.runFailed}"`,
          aggregations: [sumOver(600)],
          thresholdValue: 0,
          duration: '0s',
        }),
        // An instance that does not start logs no run.
        above(`${name}: no answer`, {
          filter: `${requests} AND resource.label.service_name="${condition.function}" AND metric.label.response_code_class="5xx"`,
          aggregations: [sumOver(600)],
          thresholdValue: 0,
          duration: '0s',
        }),
      ];
    case 'search-server':
      return [
        above(name, {
          filter: ofServer,
          aggregations: [{ alignmentPeriod: '300s', perSeriesAligner: 'ALIGN_MIN' }],
          thresholdValue: 0,
          duration: '0s',
        }),
        {
          displayName: `${name}: silent`,
          conditionAbsent: {
            filter: ofServer,
            aggregations: [{ alignmentPeriod: '60s', perSeriesAligner: 'ALIGN_MAX' }],
            duration: `${condition.silentSeconds}s`,
          },
        },
      ];
    case 'dead-letters':
      return [
        above('given up by a subscription', {
          filter:
            'resource.type="pubsub_subscription" AND metric.type="pubsub.googleapis.com/subscription/dead_letter_message_count"',
          aggregations: [sumOver(600, 'resource.label.subscription_id')],
          thresholdValue: 0,
          duration: '0s',
        }),
        above('given up by a stage', {
          filter: `${logged(metricNames.messages)} AND metric.label.outcome="${loggedOutcomes.givenUp}"`,
          aggregations: [sumOver(600, 'metric.label.stage')],
          thresholdValue: 0,
          duration: '0s',
        }),
      ];
    case 'backlog-age':
      return [
        above(name, {
          filter:
            'resource.type="pubsub_subscription" AND metric.type="pubsub.googleapis.com/subscription/oldest_unacked_message_age"',
          aggregations: [{ alignmentPeriod: '60s', perSeriesAligner: 'ALIGN_MAX' }],
          thresholdValue: condition.aboveSeconds,
          duration: '300s',
        }),
      ];
    case 'error-rate':
      return [
        above(name, {
          filter: `${requests} AND metric.label.response_code_class="5xx"`,
          denominatorFilter: requests,
          aggregations: [sumOver(900, 'resource.label.service_name')],
          denominatorAggregations: [sumOver(900, 'resource.label.service_name')],
          thresholdValue: condition.above,
          duration: '900s',
        }),
      ];
    case 'latency':
      return [
        above(name, {
          filter: `resource.type="cloud_run_revision" AND metric.type="run.googleapis.com/request_latencies" AND resource.label.service_name="${condition.function}"`,
          aggregations: [
            {
              alignmentPeriod: '300s',
              perSeriesAligner: 'ALIGN_DELTA',
              crossSeriesReducer: 'REDUCE_PERCENTILE_95',
              groupByFields: ['resource.label.service_name'],
            },
          ],
          thresholdValue: condition.aboveMs,
          duration: '900s',
        }),
      ];
    case 'status':
      return [
        above(name, {
          filter: `resource.type="uptime_url" AND metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND metric.label.check_id="${parts.checkIdOf(name)}"`,
          aggregations: [
            {
              alignmentPeriod: `${2 * condition.everySeconds}s`,
              perSeriesAligner: 'ALIGN_NEXT_OLDER',
              crossSeriesReducer: 'REDUCE_COUNT_FALSE',
              groupByFields: ['resource.label.host'],
            },
          ],
          // Seen from more than one place: what one of them cannot reach is its own network.
          thresholdValue: 1,
          duration: `${condition.everySeconds}s`,
        }),
      ];
  }
}

const ofServer = `resource.type="gce_instance" AND metric.type="${searchServerMetric}"`;
const requests = 'resource.type="cloud_run_revision" AND metric.type="run.googleapis.com/request_count"';

function logged(metric: string): string {
  return `resource.type="cloud_run_revision" AND metric.type="logging.googleapis.com/user/${metric}"`;
}

function sumOver(seconds: number, ...groupByFields: string[]) {
  return {
    alignmentPeriod: `${seconds}s`,
    perSeriesAligner: 'ALIGN_DELTA',
    crossSeriesReducer: 'REDUCE_SUM',
    ...(groupByFields.length > 0 ? { groupByFields } : {}),
  };
}
