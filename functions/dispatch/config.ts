import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { functionSettings } from '../../shared/function-deps.ts';

export const config = z.object({
  ...functionSettings,
  /** Days that a run looks back, today included. */
  SCRAPE_WINDOW_DAYS: integer(1, 3650).default(3),
});
