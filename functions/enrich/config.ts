import { z } from 'zod';
import { enricherSettings } from '../../shared/enricher-settings.ts';
import { ConfigError } from '../../shared/errors.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { secretOf, secretSettings } from '../../shared/secret-settings.ts';
import type { Enricher } from './enricher.ts';
import { createHttpEnricher } from './http-enricher.ts';
import { createLocalEnricher } from './local-enricher.ts';

/** Who enriches, and where the service is that does. */
const enricherConfig = z.object({
  ...enricherSettings,
  ENRICHER_URL: z.url({ protocol: /^https?$/ }).optional(),
  ...secretSettings('ENRICHER_API_KEY', z.string().optional()),
});

export const config = enricherConfig.extend(functionSettings);

/** @throws {ConfigError} when a service is asked for and not named. */
export function openEnricher(settings: z.infer<typeof enricherConfig>): Enricher {
  if (settings.ENRICHER === 'local') return createLocalEnricher();
  if (!settings.ENRICHER_URL) throw new ConfigError('ENRICHER=http needs ENRICHER_URL');
  return createHttpEnricher({ url: settings.ENRICHER_URL, apiKey: secretOf(settings, 'ENRICHER_API_KEY') });
}
