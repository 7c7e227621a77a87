import { MonitoringMetricDescriptor } from '@cdktf/provider-google/lib/monitoring-metric-descriptor/index.js';
import type { Scope } from './scope.ts';

/** What the server of Typesense says of itself once a minute: 1 when it does not answer, 0 when it does. */
export const searchServerMetric = 'custom.googleapis.com/destaques/search_server_failing';

/** An alert can speak of a metric that was never written only where it is described. */
export function createSearchServerMetric({ stack }: Scope): MonitoringMetricDescriptor {
  return new MonitoringMetricDescriptor(stack, 'metric-search-server', {
    type: searchServerMetric,
    displayName: 'Search server failing',
    description: 'Whether Typesense does not answer on its own machine',
    metricKind: 'GAUGE',
    valueType: 'INT64',
    unit: '1',
  });
}
