import { ProjectService } from '@cdktf/provider-google/lib/project-service/index.js';
import type { Scope } from './scope.ts';

const apis = [
  'artifactregistry',
  'billingbudgets',
  'cloudbuild',
  'cloudresourcemanager',
  'cloudscheduler',
  'compute',
  'iam',
  'logging',
  'monitoring',
  'pubsub',
  'run',
  'secretmanager',
  'servicenetworking',
  'sqladmin',
  'storage',
] as const;

/** The services of Google Cloud that the platform uses; the runbook switches them on before the first apply. */
export function enableApis({ stack }: Scope): void {
  for (const api of apis) {
    new ProjectService(stack, `api-${api}`, { service: `${api}.googleapis.com`, disableOnDestroy: false });
  }
}
