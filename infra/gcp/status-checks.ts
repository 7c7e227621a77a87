import { MonitoringUptimeCheckConfig } from '@cdktf/provider-google/lib/monitoring-uptime-check-config/index.js';
import { Fn } from 'cdktf';
import type { PlatformAlert, StatusContent } from '../../shared/alerts.ts';
import type { Scope } from './scope.ts';

/** Asks the public function what the alerts of kind `status` are about, from outside. @returns check ids by alert. */
export function createStatusChecks(
  { stack, environment }: Scope,
  alerts: readonly PlatformAlert[],
  uri: string | undefined,
): Map<string, string> {
  const checks = alerts.flatMap(({ name, condition }) => {
    if (condition.kind !== 'status' || uri === undefined) return [];
    const check = new MonitoringUptimeCheckConfig(stack, `check-${name}`, {
      displayName: name,
      period: `${condition.everySeconds}s`,
      timeout: '30s',
      // The fewest that there may be; two of them must agree.
      selectedRegions: ['SOUTH_AMERICA', 'USA_VIRGINIA', 'EUROPE'],
      httpCheck: { path: condition.path, port: 443, useSsl: true, validateSsl: true },
      monitoredResource: {
        type: 'uptime_url',
        labels: { project_id: environment.project, host: Fn.trimprefix(uri, 'https://') },
      },
      ...(condition.expects ? { contentMatchers: [matcherOf(condition.expects)] } : {}),
    });
    return [[name, check.uptimeCheckId] as const];
  });
  return new Map(checks);
}

function matcherOf(content: StatusContent) {
  if ('without' in content) return { content: content.without, matcher: 'NOT_CONTAINS_STRING' };
  return {
    content: content.matches,
    matcher: 'MATCHES_JSON_PATH',
    jsonPathMatcher: { jsonPath: content.jsonPath, jsonMatcher: 'REGEX_MATCH' },
  };
}
