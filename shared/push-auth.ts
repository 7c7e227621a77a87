import type { HttpFunction } from '@google-cloud/functions-framework';
import { OAuth2Client } from 'google-auth-library';
import { z } from 'zod';
import { ConfigError, errorMessage } from './errors.ts';
import type { Logger } from './log.ts';

/** The settings that switch it on: both, or neither where something in front of the function checks callers. */
export const pushAuthSettings = {
  /** Audience of the OIDC tokens of push requests and schedules, as their subscriptions and jobs name it. */
  PUSH_AUDIENCE: z.string().min(1).optional(),
  /** E-mail of the service account as which Pub/Sub and Cloud Scheduler call. */
  PUSH_SERVICE_ACCOUNT: z.email().optional(),
  /** E-mails of people and accounts, separated by commas, who may call as well: with `gcloud functions call`, say. */
  OPERATOR_ACCOUNTS: z
    .string()
    .transform((text) => text.split(',').map((email) => email.trim()))
    .pipe(z.array(z.email()))
    .optional(),
};
const pushAuthConfig = z.object(pushAuthSettings);

export interface PushAuth {
  audience: string;
  serviceAccount: string;
  /** Who may call as well, with a token for this audience or one that gcloud makes. */
  operators?: readonly string[];
  /** Where Google's keys are; for tests. */
  certsUrl?: string;
}

/**
 * @returns undefined where the settings do not ask for it.
 * @throws {ConfigError} when only a part of them is set.
 */
export function pushAuthOf(settings: z.infer<typeof pushAuthConfig>): PushAuth | undefined {
  const { PUSH_AUDIENCE: audience, PUSH_SERVICE_ACCOUNT: serviceAccount, OPERATOR_ACCOUNTS: operators = [] } = settings;
  if (audience && serviceAccount) return { audience, serviceAccount, operators };
  if (!audience && !serviceAccount && operators.length === 0) return undefined;
  throw new ConfigError(
    'PUSH_AUDIENCE and PUSH_SERVICE_ACCOUNT belong together, and OPERATOR_ACCOUNTS to them: set both, or none',
  );
}

/** The audience of the tokens that gcloud makes for people: its own client. */
const gcloudAudience = '32555940559.apps.googleusercontent.com';

/**
 * Lets only requests through whose OIDC token is Google's, for this audience, of this service account or an operator: 401
 * without a token that holds, 403 with that of somebody else, 503 when Google's keys cannot be had. Pub/Sub sends a message again
 * after any of these.
 *
 * @see https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 */
export function requirePushToken(handler: HttpFunction, auth: PushAuth, log: Logger): HttpFunction {
  const { audience, serviceAccount, operators = [], certsUrl } = auth;
  const client = new OAuth2Client(certsUrl ? { endpoints: { oauth2FederatedSignonPemCertsUrl: certsUrl } } : undefined);
  return async (request, response) => {
    const refuse = (status: number, reason: string) => {
      log.warning('call refused', { status, reason });
      response.status(status).json({ error: reason });
    };
    const [, idToken] = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (!idToken) return refuse(401, 'the request has no bearer token');
    try {
      // Once read, they are kept for as long as Google says.
      await client.getFederatedSignonCertsAsync();
    } catch (error) {
      return refuse(503, `the keys of the token cannot be had: ${errorMessage(error)}`);
    }
    let claims: { aud: string; email?: string; email_verified?: boolean } | undefined;
    try {
      claims = (await client.verifyIdToken({ idToken, audience: [audience, gcloudAudience] })).getPayload();
    } catch (error) {
      // The library quotes the token, or the claims in it.
      const [reason] = errorMessage(error)
        .replaceAll(idToken, '…')
        .split(/:? *\{/);
      return refuse(401, `the token does not hold: ${reason!.slice(0, 200)}`);
    }
    const email = claims?.email_verified ? claims.email : undefined;
    const isPush = email === serviceAccount && claims!.aud === audience;
    if (!isPush && !(email && operators.includes(email))) {
      return refuse(403, `the token is neither that of ${serviceAccount} for ${audience} nor an operator's`);
    }
    return handler(request, response);
  };
}
