import type { TerraformStack } from 'cdktf';
import type { Environment } from './environment.ts';

/** Where resources are created, and for which environment. */
export interface Scope {
  stack: TerraformStack;
  environment: Environment;
}

/** The one database of the instance. */
export const databaseName = 'destaques';
/** All resources that need a name of their own, once a project. */
export const platformName = 'destaques';
/** What stands in a service until its first deployment: settings are Terraform's, code is the deployment's. */
export const placeholderImage = 'us-docker.pkg.dev/cloudrun/container/hello';
/** Where the model's bucket is mounted. */
export const modelFolder = '/models';

/** Names of buckets are global, so the project's id is part of them. */
export function bucketNames({ project }: Environment): Record<'bronze' | 'models' | 'sources', string> {
  return { bronze: `${project}-bronze`, models: `${project}-models`, sources: `${project}-sources` };
}

/** Id of a function's service account: these have at least six characters, and some functions' names do not. */
export function accountId(functionName: string): string {
  return `fn-${functionName}`;
}
