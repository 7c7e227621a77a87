import { z } from 'zod';
import type { Secret } from './secret.ts';
import { openSecret } from './secret-manager.ts';
import { type SecretName, secretName } from './secret-name.ts';

/**
 * The settings of a secret, to be spread into a function's schema: `NAME` has its value, as on one machine; or
 * `NAME_SECRET` says where Secret Manager keeps it, as where functions are deployed.
 */
export function secretSettings<N extends string, T extends z.ZodType>(name: N, value: T) {
  return {
    [name]: value,
    [`${name}_SECRET`]: secretName.optional(),
    SECRET_MANAGER_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  } as { [key in N]: T } & { [key in `${N}_SECRET`]: z.ZodOptional<typeof secretName> } & {
    /** Another server in place of Google's; for tests. */
    SECRET_MANAGER_ENDPOINT: z.ZodOptional<z.ZodURL>;
  };
}

/** Settings as `secretSettings` parses them. */
export type SecretConfig<N extends string> = { [key in N]?: string | undefined } & {
  [key in `${N}_SECRET`]?: SecretName | undefined;
} & { SECRET_MANAGER_ENDPOINT?: string | undefined };

/** The secret of these settings, undefined where they have none. A value goes before a place. */
export function secretOf<N extends string>(settings: SecretConfig<N>, name: N): string | Secret | undefined {
  const value: string | undefined = settings[name];
  if (value) return value;
  const place = settings[`${name}_SECRET`] as SecretName | undefined;
  const endpoint = settings.SECRET_MANAGER_ENDPOINT;
  return place && openSecret(place, endpoint ? { endpoint } : {});
}
