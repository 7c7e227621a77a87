import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { functionSettings } from '../../shared/function-deps.ts';

export const config = z.object({
  ...functionSettings,
  /** Name of the model in force, as `embed` writes it on rows; without it only changed texts are requeued for `embed`. */
  EMBEDDING_MODEL_NAME: z.string().optional(),
  /** Younger work is still on its way by itself. */
  OVERDUE_SECONDS: integer(0, 86_400).default(600),
});
