/** What a service is asked with: a value that is given, or one that is kept elsewhere and may be replaced at any time. */
export interface Secret {
  read(): Promise<string>;
  /** The value as it is now, after a service refused `refused`: the same one where it was not replaced. */
  renew(refused: string): Promise<string>;
}

/** A secret that is given stays as it is. */
export function asSecret(secret: string | Secret): Secret {
  if (typeof secret !== 'string') return secret;
  return { read: async () => secret, renew: async () => secret };
}

/**
 * Asks a service with a secret. Where that is refused, the secret is read anew, and if it was replaced meanwhile the
 * service is asked once more: a rotation needs no new instance.
 *
 * @throws what `ask` and the secret throw.
 */
export async function askWithSecret<T>(
  secret: Secret,
  ask: (value: string) => Promise<T>,
  isRefused: (answer: T) => boolean,
): Promise<T> {
  const value = await secret.read();
  const answer = await ask(value);
  if (!isRefused(answer)) return answer;
  const renewed = await secret.renew(value);
  return renewed === value ? answer : await ask(renewed);
}

/** Whether an answer of this status is about who asks. */
export function isRefusal({ status }: { status?: number | undefined }): boolean {
  return status === 401 || status === 403;
}
