import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import type { PipelineFunction, Use } from '../../shared/pipeline.ts';
import { type Environment, type SecretName, secretNames } from './environment.ts';
import type { Scope } from './scope.ts';

interface PlatformSecret {
  use: Use;
  /** The setting of a function that has its value, or with `_SECRET` its place. */
  variable: string;
  isNeeded(environment: Environment): boolean;
}

/** Secrets of the platform, by what uses them. */
const secrets: Record<SecretName, PlatformSecret> = {
  'huggingface-token': { use: 'hub', variable: 'HF_TOKEN', isNeeded: () => true },
  'enricher-api-key': {
    use: 'enricher-service',
    variable: 'ENRICHER_API_KEY',
    isNeeded: ({ enricher }) => enricher.kind === 'http',
  },
  'typesense-api-key': {
    use: 'search-index',
    variable: 'TYPESENSE_API_KEY',
    isNeeded: ({ search }) => search.index === 'typesense',
  },
};
export type Secrets = Partial<Record<SecretName, SecretManagerSecret>>;

function uses({ uses: all = [] }: PipelineFunction, use: Use, { dataset }: Environment): boolean {
  return all.includes(use) || (use === 'hub' && dataset.isPrivate === true && all.includes('articles'));
}

/** Names of the secrets that an environment needs with these functions. */
export function secretsOf(functions: readonly PipelineFunction[], environment: Environment): SecretName[] {
  const names = new Set(functions.flatMap((entry) => functionSecrets(entry, environment).map(({ name }) => name)));
  return [...names].sort();
}

/** The secrets that a function reads, and the variable that each is set by. */
export function functionSecrets(
  entry: PipelineFunction,
  environment: Environment,
): { name: SecretName; variable: string }[] {
  return secretNames.flatMap((name) => {
    const { use, variable, isNeeded } = secrets[name];
    return uses(entry, use, environment) && isNeeded(environment) ? [{ name, variable }] : [];
  });
}

/** Where a secret's version in force is read. */
export function secretPlace(name: SecretName, { project, secretVersions }: Environment): string {
  return `projects/${project}/secrets/${name}/versions/${secretVersions[name] ?? 'latest'}`;
}

/**
 * The secrets without their values, which no state and no plan ever sees: functions read them when they need them. An
 * operator creates them with their first version before the first apply (see the runbook), and Terraform takes them over.
 */
export function createSecrets({ stack, environment }: Scope, names: readonly SecretName[]): Secrets {
  const { project } = environment;
  const entries = names.map((name) => {
    const secret = new SecretManagerSecret(stack, `secret-${name}`, {
      secretId: name,
      replication: { userManaged: { replicas: [{ location: environment.region }] } },
    });
    secret.importFrom(`projects/${project}/secrets/${name}`);
    return [name, secret] as const;
  });
  return Object.fromEntries(entries);
}

/** Lets an account read one secret. */
export function grantSecret(
  { stack }: Scope,
  grant: { secret: SecretManagerSecret; name: SecretName; holder: string; email: string },
): SecretManagerSecretIamMember {
  return new SecretManagerSecretIamMember(stack, `secret-${grant.name}-${grant.holder}`, {
    secretId: grant.secret.secretId,
    role: 'roles/secretmanager.secretAccessor',
    member: `serviceAccount:${grant.email}`,
  });
}
