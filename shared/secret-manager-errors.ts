import { ConfigError, errorMessage, RetryableError } from './errors.ts';
import { formatSecretName, type SecretName } from './secret-name.ts';

/** The status codes of gRPC that Secret Manager refuses with. */
const code = { invalidArgument: 3, notFound: 5, permissionDenied: 7, failedPrecondition: 9 } as const;

/**
 * Says why a secret cannot be read, with the command that mends it; retryable where time alone may.
 *
 * @see https://cloud.google.com/secret-manager/docs/access-secret-version
 */
export function secretError(cause: unknown, name: SecretName): Error {
  const what = `The secret ${formatSecretName(name)} cannot be read`;
  const { secret, project, version } = name;
  const on = `${secret} --project=${project}`;
  const refuse = (reason: string, ...commands: string[]) =>
    new ConfigError(`${what}: ${reason}. ${commands.join('; ')}`, { cause });
  const text = errorMessage(cause).slice(0, 500);
  switch ((cause as { code?: unknown } | null)?.code) {
    case code.notFound:
      return version === 'latest'
        ? refuse(
            'there is no such secret, or it has no version',
            `gcloud secrets create ${on}`,
            `gcloud secrets versions add ${on} --data-file=-`,
          )
        : refuse('there is no such version', `gcloud secrets versions list ${on}`);
    case code.failedPrecondition:
      // Which version `latest` is, only the answer says.
      return refuse(
        text,
        `gcloud secrets versions enable ${/versions\/(\d+)/.exec(text)?.[1] ?? version} --secret=${on}`,
        `or, where it is destroyed, gcloud secrets versions add ${on} --data-file=-`,
      );
    case code.permissionDenied:
      return /has not been used|is disabled/.test(text)
        ? refuse(
            'Secret Manager is switched off',
            `gcloud services enable secretmanager.googleapis.com --project=${project}`,
          )
        : refuse(
            'whoever runs this may not read it',
            `gcloud secrets add-iam-policy-binding ${on} --role=roles/secretmanager.secretAccessor --member=serviceAccount:ACCOUNT`,
          );
    case code.invalidArgument:
      return refuse(text, `gcloud secrets versions list ${on}`);
    default:
      return new RetryableError(`${what}: ${text}`, { cause });
  }
}

/** What Secret Manager keeps under this name can be no key: it is `empty`, say. */
export function unusableSecretError(name: SecretName, reason: string): ConfigError {
  return new ConfigError(
    `The secret ${formatSecretName(name)} ${reason}. gcloud secrets versions add ${name.secret} --project=${name.project} --data-file=-`,
  );
}
