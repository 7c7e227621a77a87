/** An answer with status 200, decoded to text. */
export interface Page {
  /** The address that was asked for. */
  requestedUrl: string;
  /** The address that answered, after redirects: relative links are relative to it. */
  url: string;
  contentType: string;
  body: string;
  fetchedAt: Date;
}

/** Fetches one page. `accept` is the media type that is wanted. */
export type FetchPage = (url: string, accept: string) => Promise<Page>;
