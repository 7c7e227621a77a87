import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { functionSettings } from '../../shared/function-deps.ts';

/** Who we are, with a contact address: one identity for all requests. */
export const defaultUserAgent = 'DestaquesGovBr/1.0 (+https://github.com/destaquesgovbr)';

export const config = z.object({
  ...functionSettings,
  USER_AGENT: z.string().default(defaultUserAgent),
  MAX_REQUESTS_PER_HOST: integer(1, 16).default(2),
  REQUEST_INTERVAL_MS: integer(0, 600_000).default(1000),
});
