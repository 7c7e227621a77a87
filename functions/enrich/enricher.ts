import type { Theme } from '../../shared/theme.ts';

/** What an enricher reads of an article: text and labels only, so that any enricher can be asked about any article. */
export interface EnrichableArticle {
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
  /** Body as Markdown, of any length: an enricher bounds what it reads. */
  content: string;
  category: string | null;
  tags: readonly string[];
  agencyKey: string;
}

/** All themes of all levels. Pass the same array again: an enricher may prepare it once and remember it by identity. */
export type Taxonomy = readonly Theme[];

/** Codes of the taxonomy; a level is null where nothing speaks clearly enough, and then so are those below it. */
export interface ThemeCodes {
  level1: string | null;
  level2: string | null;
  level3: string | null;
}

export interface Enrichment {
  themes: ThemeCodes;
  summary: string | null;
  /** Merged into `news_features.features`; keys are the names of the search index. */
  features: Record<string, unknown>;
}

/** Finds themes, summary and features of an article: from rules on this machine, or by asking a model. */
export interface Enricher {
  /** Stored in `enriched_by`. */
  readonly name: string;
  /** A better enricher has a higher rank, and its work is never overwritten by a lesser one. */
  readonly rank: number;
  enrich(article: EnrichableArticle, taxonomy: Taxonomy): Promise<Enrichment>;
}
