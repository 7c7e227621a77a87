import type { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import { CloudSchedulerJob } from '@cdktf/provider-google/lib/cloud-scheduler-job/index.js';
import type { PipelineFunction } from '../../shared/pipeline.ts';
import { createAccount } from './account.ts';
import { allowCall } from './function.ts';
import type { Scope } from './scope.ts';

/** The schedules of the table, and the account that calls as them. */
export function createSchedules(
  scope: Scope,
  functions: readonly PipelineFunction[],
  services: ReadonlyMap<string, CloudRunV2Service>,
): void {
  const scheduled = functions.flatMap(({ name, trigger, timeoutSeconds }) => {
    if (trigger.kind !== 'cron') return [];
    const jobs = [{ id: name, name, timeoutSeconds, schedule: trigger.schedule, body: {} }];
    // What it calls for is journaled only while the dataset is written to as well.
    if (!trigger.also || scope.environment.storage.backend === 'postgres') return jobs;
    return [...jobs, { id: `${name}-also`, name, timeoutSeconds, ...trigger.also }];
  });
  if (scheduled.length === 0) return;
  const caller = createAccount(scope, { id: 'scheduler', what: 'schedules' });
  for (const name of new Set(scheduled.map(({ name }) => name))) {
    const service = services.get(name)!;
    allowCall(scope, { service, name, caller: 'scheduler', member: `serviceAccount:${caller.email}` });
  }
  for (const { id, name, schedule, body, timeoutSeconds } of scheduled) {
    const service = services.get(name)!;
    new CloudSchedulerJob(scope.stack, `schedule-${id}`, {
      name: id,
      region: scope.environment.region,
      schedule,
      timeZone: 'America/Sao_Paulo',
      attemptDeadline: `${Math.max(15, timeoutSeconds)}s`,
      retryConfig: { retryCount: 3, minBackoffDuration: '10s', maxBackoffDuration: '120s', maxDoublings: 3 },
      httpTarget: {
        uri: service.uri,
        httpMethod: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from(JSON.stringify(body)).toString('base64'),
        oidcToken: { serviceAccountEmail: caller.email, audience: service.uri },
      },
      // Pausing is for operators.
      lifecycle: { ignoreChanges: ['paused'] },
    });
  }
}
