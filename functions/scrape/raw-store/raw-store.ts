import type { Platform } from '../../../shared/platform.ts';
import type { FetchedPage } from '../page.ts';

/** By whom a page was fetched and is about to be read. */
export interface RawContext {
  /** Key of the agency: the folder of the page. */
  source: string;
  platform: Platform;
  /** Of the extractor that was in force. */
  extractorVersion: number;
}

/** A page as it was fetched: `bytes` as they came, `body` decoded from them as the fetch did. */
export interface RawPage extends FetchedPage {
  platform: Platform;
  extractorVersion: number;
}

/**
 * Keeps each page as it came, before anything is read from it, so that a better extractor can read it again.
 *
 * A page is one object at `bronze/year=YYYY/month=MM/day=DD/<source>/<sha256>.zst`: the day is that of `fetchedAt` in
 * UTC, the hash that of `bytes`. The same bytes of one source on one day are kept once, with the metadata of whoever
 * came first: where two addresses serve the same bytes, the caller has to remember which path belongs to which.
 *
 * Of the headers those in `keptHeaders` are kept, each up to 1 KiB. Memory is bounded by one page (10 MiB) a call.
 */
export interface RawStore {
  /**
   * Keeps a page; harmless to repeat, and safe in many processes at once.
   *
   * @returns the path to read it by; null where no pages are kept.
   * @throws {PermanentError} when the page is beyond the limits of what is kept: its addresses, type or body are too long.
   * @throws {ConfigError} when the store is not there, or we may not write to it.
   * @throws {RetryableError} when the store fails.
   */
  save(page: FetchedPage, context: RawContext): Promise<string | null>;
  /**
   * The page at a path that `save` returned, its hash checked.
   *
   * @throws {MissingRawPageError} when nothing is there; lifecycle rules remove old pages.
   * @throws {DamagedRawPageError} when what is there is not what was saved.
   * @throws {PermanentError} when it is no path of a raw page.
   * @throws {ConfigError} when we may not read it.
   * @throws {RetryableError} when the store fails.
   */
  read(path: string): Promise<RawPage>;
}
