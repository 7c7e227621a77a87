import { join } from 'node:path';
import { createScrapeTools } from '../../functions/scrape/config.ts';
import type { ScrapeRunDeps } from '../../functions/scrape/run.ts';
import type { Database } from '../../shared/database.ts';
import type { OutboxDeps } from '../../shared/outbox.ts';
import type { NewsSource } from './news-source.ts';
import { loadLocalSettings } from './settings.ts';

export type ScrapeTools = Omit<ScrapeRunDeps, keyof OutboxDeps>;

/**
 * What a scrape on one machine works with: the settings of the deployed function, pages kept under the data folder
 * unless RAW_STORE says otherwise.
 */
export function createLocalScrapeTools(
  db: Database,
  source: Pick<NewsSource, 'dispatcher' | 'requestIntervalMs'>,
  options: { data: string },
): ScrapeTools {
  const settings = loadLocalSettings();
  const tools = createScrapeTools(
    {
      ...settings,
      RAW_STORE: settings.RAW_STORE ?? join(options.data, 'bronze'),
      REQUEST_INTERVAL_MS: source.requestIntervalMs ?? settings.REQUEST_INTERVAL_MS,
    },
    db,
  );
  return { ...tools, dispatcher: source.dispatcher };
}
