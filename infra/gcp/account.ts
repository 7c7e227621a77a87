import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js';
import type { Scope } from './scope.ts';

/** A service account; what it may do beside logging in to the database, others grant on the very resource. */
export function createAccount(
  { stack, environment }: Scope,
  account: { id: string; what: string; canReachDatabase?: boolean },
): ServiceAccount {
  const created = new ServiceAccount(stack, `account-${account.id}`, {
    accountId: account.id,
    displayName: `${account.what} (${environment.name})`,
  });
  if (account.canReachDatabase) {
    // Cloud SQL grants by project: which database user it is, and what that may do, Postgres decides.
    for (const role of ['client', 'instanceUser']) {
      new ProjectIamMember(stack, `account-${account.id}-cloudsql-${role}`, {
        project: environment.project,
        role: `roles/cloudsql.${role}`,
        member: `serviceAccount:${created.email}`,
      });
    }
  }
  return created;
}
