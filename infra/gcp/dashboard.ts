import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard/index.js';
import type { ITerraformDependable } from 'cdktf';
import type { PipelineFunction } from '../../shared/pipeline.ts';
import { metricNames } from './metrics.ts';
import { platformName, type Scope } from './scope.ts';

/** Columns of the grid that Cloud Monitoring lays widgets out on. */
const gridColumns = 48;
const tile = { width: gridColumns / 3, height: 12 };

/** One row a function, along the chain: what became of its work, how long its messages wait, how long it takes. */
export function createDashboard(
  { stack, environment }: Scope,
  functions: readonly PipelineFunction[],
  metrics: readonly ITerraformDependable[],
): void {
  const tiles = functions.flatMap((entry, row) =>
    widgetsOf(entry).map((widget, column) => ({ ...tile, xPos: column * tile.width, yPos: row * tile.height, widget })),
  );
  new MonitoringDashboard(stack, 'dashboard', {
    dashboardJson: JSON.stringify({
      displayName: `${platformName} (${environment.name})`,
      mosaicLayout: { columns: gridColumns, tiles },
    }),
    dependsOn: [...metrics],
  });
}

function widgetsOf({ name, trigger, delivery }: PipelineFunction) {
  const service = `resource.type="cloud_run_revision" AND resource.label.service_name="${name}"`;
  const metric = trigger.kind === 'topic' ? metricNames.messages : metricNames.runs;
  const outcomes =
    trigger.kind === 'topic' || trigger.kind === 'cron'
      ? chart(`${name}: outcomes`, `${service} AND metric.type="logging.googleapis.com/user/${metric}"`, {
          perSeriesAligner: 'ALIGN_DELTA',
          crossSeriesReducer: 'REDUCE_SUM',
          groupByFields: ['metric.label.outcome'],
        })
      : chart(`${name}: answers`, `${service} AND metric.type="run.googleapis.com/request_count"`, {
          perSeriesAligner: 'ALIGN_DELTA',
          crossSeriesReducer: 'REDUCE_SUM',
          groupByFields: ['metric.label.response_code_class'],
        });
  const latency = chart(`${name}: p95, ms`, `${service} AND metric.type="run.googleapis.com/request_latencies"`, {
    perSeriesAligner: 'ALIGN_DELTA',
    crossSeriesReducer: 'REDUCE_PERCENTILE_95',
  });
  if (!delivery) return [outcomes, latency];
  const subscription =
    trigger.kind === 'topic'
      ? `resource.label.subscription_id="${name}"`
      : 'resource.label.subscription_id=monitoring.regex.full_match(".*-dead-letters")';
  const age = chart(
    `${name}: oldest message, s`,
    `resource.type="pubsub_subscription" AND ${subscription} AND metric.type="pubsub.googleapis.com/subscription/oldest_unacked_message_age"`,
    { perSeriesAligner: 'ALIGN_MAX' },
  );
  return [outcomes, age, latency];
}

function chart(title: string, filter: string, aggregation: Record<string, unknown>) {
  const timeSeriesFilter = { filter, aggregation: { alignmentPeriod: '300s', ...aggregation } };
  return { title, xyChart: { dataSets: [{ plotType: 'LINE', timeSeriesQuery: { timeSeriesFilter } }] } };
}
