import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import type { PipelineFunction, Use } from '../../shared/pipeline.ts';
import type { Environment } from './environment.ts';
import type { Scope } from './scope.ts';

/** Secrets of the platform, by what uses them and the variable that a function reads them from. */
const secrets = {
  'huggingface-token': { use: 'hub', variable: 'HF_TOKEN', isNeeded: () => true },
  'enricher-api-key': {
    use: 'enricher-service',
    variable: 'ENRICHER_API_KEY',
    isNeeded: ({ enricher }: Environment) => enricher.kind === 'http',
  },
  'typesense-api-key': {
    use: 'search-index',
    variable: 'TYPESENSE_API_KEY',
    isNeeded: ({ search }: Environment) => search.index === 'typesense',
  },
} as const;
export type SecretName = keyof typeof secrets;
export type Secrets = Partial<Record<SecretName, SecretManagerSecret>>;

function uses({ uses: all = [] }: PipelineFunction, use: Use, { dataset }: Environment): boolean {
  return all.includes(use) || (use === 'hub' && dataset.isPrivate === true && all.includes('articles'));
}

/** Names of the secrets that an environment needs with these functions. */
export function secretsOf(functions: readonly PipelineFunction[], environment: Environment): SecretName[] {
  const names = new Set(functions.flatMap((entry) => functionSecrets(entry, environment).map(({ name }) => name)));
  return [...names].sort();
}

/** What a function reads of them: the name of each, and the variable it comes in. */
export function functionSecrets(
  entry: PipelineFunction,
  environment: Environment,
): { name: SecretName; variable: string }[] {
  return (Object.keys(secrets) as SecretName[]).flatMap((name) => {
    const { use, variable, isNeeded } = secrets[name];
    return uses(entry, use, environment) && isNeeded(environment) ? [{ name, variable }] : [];
  });
}

/**
 * The secrets without their values, which no state and no plan ever sees. An operator creates them with their first
 * version before the first apply (see the runbook), and Terraform takes them over: a service whose secret has no version
 * would not start.
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
