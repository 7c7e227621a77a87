import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { functionSettings } from '../../shared/function-deps.ts';

/** Days that a run looks back unless told otherwise, today included. */
export const usualWindowDays = 3;

export const config = z.object({
  ...functionSettings,
  /** Days that a run looks back, today included. */
  SCRAPE_WINDOW_DAYS: integer(1, 3650).default(usualWindowDays),
});
