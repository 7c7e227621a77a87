import { z } from 'zod';
import { apiSettings } from '../../functions/api/config.ts';
import { searchModelSettings } from '../../functions/api/search/model.ts';
import { scrapeSettings } from '../../functions/scrape/config.ts';
import { integer, loadConfig } from '../../shared/config.ts';
import { encoderSettings } from '../../shared/encoder.ts';
import { hubSettings } from '../../shared/hub-files.ts';
import { searchIndexSettings } from '../../shared/search-index-settings.ts';
import { storageSettings } from '../../shared/storage-settings.ts';

const localConfig = z.object({
  ...encoderSettings,
  // On one machine the encoder that needs no model is what a newcomer has; deployed functions must name theirs.
  EMBEDDING_MODEL: encoderSettings.EMBEDDING_MODEL.default('lexical'),
  ...searchIndexSettings,
  ...searchModelSettings,
  ...apiSettings,
  // Nothing stands in front of the functions here, and their one client may ask as often as it likes.
  TRUSTED_PROXIES: integer(0, 10).default(0),
  RATE_LIMIT_PER_MINUTE: integer(0, 1_000_000).default(0),
  ...storageSettings,
  ...scrapeSettings,
  ...hubSettings,
});

/** What of the functions' environment counts on one machine too: the model, the search index, how sites are asked. */
export function loadLocalSettings(model?: string): z.infer<typeof localConfig> {
  return loadConfig(localConfig, model ? { ...process.env, EMBEDDING_MODEL: model } : process.env);
}
