import { z } from 'zod';
import { encoderSettings } from '../../shared/encoder.ts';
import { enricherSettings } from '../../shared/enricher-settings.ts';
import { functionSettings } from '../../shared/function-deps.ts';
import { searchIndexSettings } from '../../shared/search-index-settings.ts';
import { storageSettings } from '../../shared/storage-settings.ts';

export const config = z.object({
  ...functionSettings,
  ...encoderSettings,
  ...enricherSettings,
  ...searchIndexSettings,
  ...storageSettings,
});
