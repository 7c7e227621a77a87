import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { functionSettings } from '../../shared/function-deps.ts';

export const config = z.object({
  ...functionSettings,
  /** Folder that stands for the Hub. */
  EXPORT_DIR: z.string(),
  /** Name of the dataset in the ledger, which `GET /status` shows. */
  EXPORT_REPO: z.string().default('govbrnews'),
  EXPORT_BRANCH: z.string().default('main'),
  EXPORT_CODEC: z.enum(['zstd', 'snappy']).default('zstd'),
  /** Size from which a period goes on in another shard. */
  EXPORT_MAX_SHARD_MB: integer(1, 5_000).default(128),
});
