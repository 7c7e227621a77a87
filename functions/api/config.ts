import { z } from 'zod';
import { integer } from '../../shared/config.ts';
import { encoderSettings } from '../../shared/encoder.ts';
import { enricherSettings } from '../../shared/enricher-settings.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { searchIndexSettings } from '../../shared/search-index-settings.ts';
import { defaultEfSearch } from '../../shared/sql/nearest.ts';
import { storageSettings } from '../../shared/storage-settings.ts';
import { searchModelSettings } from './search-model.ts';

export const config = z.object({
  ...functionSettings,
  ...encoderSettings,
  ...enricherSettings,
  ...searchIndexSettings,
  ...storageSettings,
  ...searchModelSettings,
  /** Vectors that a scan of the index keeps in view: more find better, and take longer. */
  HNSW_EF_SEARCH: integer(1, 1000).default(defaultEfSearch),
});
