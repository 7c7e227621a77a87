import { z } from 'zod';
import { functionSettings } from '../../shared/function-deps.ts';

export const config = z.object({
  ...functionSettings,
  /** `local`: rules on this machine, no key. */
  ENRICHER: z.enum(['local']).default('local'),
});
