/** An answer, decoded to text: all that an extractor reads. */
export interface Page {
  /** The address that answered, after redirects: relative links are relative to it. */
  url: string;
  contentType: string;
  body: string;
}

/** An answer with status 200, and all that is kept of it. */
export interface FetchedPage extends Page {
  /** The address that was asked for. */
  requestedUrl: string;
  status: number;
  /** Lower-case names; a header that came several times is joined by ", ". */
  headers: Record<string, string>;
  /** The body as it came, its content encoding undone. */
  bytes: Uint8Array;
  fetchedAt: Date;
}

/** What a server gave with a page so that it can be asked whether that has changed. */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/** Fetches one page. `accept` is the media type that is wanted. */
export type FetchPage = (url: string, accept: string) => Promise<FetchedPage>;

/** The same for a page that was fetched before; null when the server says that it has not changed. */
export type FetchIfChanged = (url: string, accept: string, validators: Validators) => Promise<FetchedPage | null>;
