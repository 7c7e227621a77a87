import type { Platform } from '../../shared/platform.ts';
import { type ScrapeMessage, scrapeMessage } from '../../shared/scrape-message.ts';
import type { DateWindow } from '../../shared/window.ts';
import type { ListingPosition } from './extractors/extractor.ts';

/** What asks for a run: one source over one window of days. */
export interface ScrapeRequest extends DateWindow {
  agencyKey: string;
  sourceUrl: string;
  /** The platform that answered last time. */
  platform?: Platform | undefined;
  /** Ask again for all known articles of the window, not only for those whose time has come. */
  allowUpdate?: boolean | undefined;
  /** Where an earlier message stopped in the listing. */
  cursor?: ListingPosition | undefined;
  /** The last known article that an earlier message asked again, by canonical URL: the next ones are what is left. */
  revisitAfter?: string | undefined;
}

/** The request as the data of a message has it. */
export const scrapeRequest = scrapeMessage.transform(
  (data): ScrapeRequest => ({
    agencyKey: data.agency_key,
    sourceUrl: data.source_url,
    platform: data.platform ?? undefined,
    startDate: data.start_date,
    endDate: data.end_date,
    allowUpdate: data.allow_update,
    cursor: data.cursor && {
      pageCount: data.cursor.page_count,
      entryCount: data.cursor.entry_count,
      after: data.cursor.after,
    },
    revisitAfter: data.revisit_after,
  }),
);

/** The data of the message that asks for it: the counterpart of `scrapeRequest`. */
export function toMessage({ cursor, ...request }: ScrapeRequest): ScrapeMessage {
  return {
    agency_key: request.agencyKey,
    source_url: request.sourceUrl,
    platform: request.platform ?? null,
    start_date: request.startDate,
    end_date: request.endDate,
    ...(request.allowUpdate ? { allow_update: true } : {}),
    ...(cursor
      ? {
          cursor: {
            page_count: cursor.pageCount,
            entry_count: cursor.entryCount,
            ...(cursor.after === undefined ? {} : { after: cursor.after }),
          },
        }
      : {}),
    ...(request.revisitAfter === undefined ? {} : { revisit_after: request.revisitAfter }),
  };
}

/** Under which a run that failed for good stands in quarantine: a later run over the same days closes it. */
export function subjectOf({ sourceUrl, startDate, endDate }: ScrapeRequest): string {
  return `${sourceUrl} ${startDate}/${endDate}`;
}
