/** Where a publication date came from, best first; `first-seen` is the last resort, so that no article is without one. */
export type PublishedAtSource = 'json-ld' | 'page' | 'listing' | 'first-seen';

/** An article as an extractor finds it, before it has a row: the fields of the news record that a site can give. */
export interface ScrapedArticle {
  agencyKey: string;
  /** Absolute URL as the site publishes it. */
  url: string;
  /** The same page under its one stable address; see `canonicalUrl`. */
  canonicalUrl: string;
  title: string;
  subtitle: string | null;
  /** Kicker above the headline, or the programme on TV Brasil. */
  editorialLead: string | null;
  /** Body as clean Markdown with absolute links. */
  content: string;
  imageUrl: string | null;
  videoUrl: string | null;
  category: string | null;
  /** Trimmed, without doubles or empty ones, in the order of the page. */
  tags: string[];
  publishedAt: Date;
  publishedAtSource: PublishedAtSource;
  /** Last change as the site states it. */
  updatedDatetime: Date | null;
  /** When the page was fetched. */
  extractedAt: Date;
}
