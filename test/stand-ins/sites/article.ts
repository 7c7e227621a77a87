import type { Layout } from './sources.ts';

/** A part of a body. `text` may hold *emphasis* between asterisks, which each layout renders as strong, em or a link. */
export type Block =
  | { kind: 'paragraph' | 'heading' | 'quote'; text: string }
  | { kind: 'list'; items: string[] }
  | { kind: 'table'; rows: string[][] }
  | { kind: 'image'; src: string; alt: string };

/** Why the page of an article can never be read, although the listing shows it. */
export type Failure = 'empty' | 'challenge' | 'login';

/** One article of the sample site, as a perfect reader of its page would know it; null is what its site does not state. */
export interface SampleArticle {
  agencyKey: string;
  layout: Layout;
  /** Address without `/view`: what identifies the page. */
  url: string;
  title: string;
  subtitle: string | null;
  /** Kicker, or the programme on TV Brasil. */
  lead: string | null;
  category: string | null;
  tags: string[];
  /** Minute precision. */
  publishedAt: Date;
  /** The page does not say when it was published (an unset `effective` on Volto). */
  undated: boolean;
  modifiedAt: Date | null;
  body: Block[];
  imageUrl: string | null;
  videoUrl: string | null;
  /** First-level code of the theme the text is about. */
  theme: string;
  /** Null for an article that can be read. */
  failure: Failure | null;
  /** Draws the peculiarities of its markup, so that a page depends on nothing but its article. */
  variant: number;
}

/** The words of a body in reading order, one block a line, without markup: what may not be lost or glued. */
export function plainText(article: SampleArticle): string {
  const lines = article.body.flatMap((block) => {
    switch (block.kind) {
      case 'list':
        return block.items;
      case 'table':
        return block.rows.map((row) => row.join(' '));
      case 'image':
        return [];
      default:
        return [block.text];
    }
  });
  return lines.join('\n').replaceAll('*', '');
}
