import { z } from 'zod';

/** Which version of a secret, as Secret Manager names it. */
export interface SecretName {
  project: string;
  secret: string;
  /** A number, or `latest`. */
  version: string;
}

const pattern =
  /^projects\/([a-z][a-z0-9-]{4,28}[a-z0-9]|\d+)\/secrets\/([\w-]{1,255})(?:\/versions\/(latest|[1-9]\d*))?$/;

/** A setting that names a secret: `projects/PROJECT/secrets/NAME`, with or without `/versions/VERSION`; else the latest. */
export const secretName = z
  .string()
  .regex(pattern, 'must be projects/PROJECT/secrets/NAME, with or without /versions/NUMBER or /versions/latest')
  .transform((text): SecretName => {
    const [, project, secret, version = 'latest'] = pattern.exec(text)!;
    return { project: project!, secret: secret!, version };
  });

/** As Secret Manager writes it. */
export function formatSecretName({ project, secret, version }: SecretName): string {
  return `projects/${project}/secrets/${secret}/versions/${version}`;
}
