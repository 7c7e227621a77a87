import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric/index.js';
import type { Scope } from './scope.ts';

/** What functions log of a message or a run that ended: the texts that shared/stage.ts and shared/http.ts write. */
export const loggedOutcomes = {
  done: 'message done',
  redelivered: 'message failed, to be redelivered',
  givenUp: 'message failed for good, recorded in quarantine',
  runFailed: 'run failed',
} as const;

/** Names of the metrics that are counted from log lines. */
export const metricNames = { messages: 'stage_messages', runs: 'stage_runs' } as const;

/** Counts log lines by stage and outcome, for alerts and the dashboard. */
export function createMetrics({ stack }: Scope): LoggingMetric[] {
  const metric = (name: string, pattern: string) =>
    new LoggingMetric(stack, `metric-${name}`, {
      name,
      filter: `resource.type="cloud_run_revision" AND jsonPayload.stage:* AND jsonPayload.message=~"${pattern}"`,
      metricDescriptor: {
        metricKind: 'DELTA',
        valueType: 'INT64',
        unit: '1',
        labels: [
          { key: 'stage', valueType: 'STRING' },
          { key: 'outcome', valueType: 'STRING' },
        ],
      },
      labelExtractors: { stage: 'EXTRACT(jsonPayload.stage)', outcome: 'EXTRACT(jsonPayload.message)' },
    });
  return [metric(metricNames.messages, '^message (done|failed)'), metric(metricNames.runs, '^run (done|failed)$')];
}
