import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { encoderSettings } from '../../shared/encoder.ts';
import { enricherSettings } from '../../shared/enricher-settings.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { searchIndexSettings } from '../../shared/search-index-settings.ts';
import { storageSettings } from '../../shared/storage-settings.ts';
import { createRateLimit } from './rate-limit.ts';

/** How long people wait, and how often they may ask. */
export const apiSettings = {
  REQUEST_TIMEOUT_MS: integer(100, 30_000).default(5000),
  /** Then the words alone are looked for. */
  ENCODER_TIMEOUT_MS: integer(10, 30_000).default(1500),
  /** Then the database is searched in place of another index. */
  INDEX_TIMEOUT_MS: integer(10, 30_000).default(2000),
  /** Of one client, in one instance; 0: any number. */
  RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000).default(120),
  /** In front of the function: Cloud Run's own; 2 with a load balancer before it; 0 for none. */
  TRUSTED_PROXIES: integer(0, 10).default(1),
};
const limits = z.object(apiSettings);

export const config = z.object({
  ...functionSettings,
  ...encoderSettings,
  ...enricherSettings,
  ...searchIndexSettings,
  ...storageSettings,
  ...apiSettings,
});

/** The limits of an answer, as its dependencies have them. */
export function limitsOf(settings: z.infer<typeof limits>) {
  const perMinute = settings.RATE_LIMIT_PER_MINUTE;
  return {
    ...timeouts(settings),
    rateLimit: perMinute > 0 ? createRateLimit(perMinute) : undefined,
    trustedProxies: settings.TRUSTED_PROXIES,
  };
}

function timeouts(settings: z.infer<typeof limits>) {
  return {
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    encoderTimeoutMs: settings.ENCODER_TIMEOUT_MS,
    indexTimeoutMs: settings.INDEX_TIMEOUT_MS,
  };
}

/** The times where nothing is set. */
export const usualTimeouts = timeouts(limits.parse({}));
