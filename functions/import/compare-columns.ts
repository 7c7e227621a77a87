import { createHash } from 'node:crypto';
import type { ImportedArticle } from './article.ts';

/** What of an article is held against the source, by the names of the table. */
const comparedColumns = [
  'agency_key',
  'published_at',
  'updated_datetime',
  'extracted_at',
  'title',
  'subtitle',
  'editorial_lead',
  'url',
  'content',
  'image_url',
  'video_url',
  'category',
  'tags',
  'theme_l1_id',
  'theme_l2_id',
  'theme_l3_id',
  'summary',
] as const satisfies readonly (keyof ImportedArticle)[];
export type ComparedColumn = (typeof comparedColumns)[number];

/** One column on both sides. Digests do not depend on the order of the rows. */
export interface ColumnComparison {
  column: ComparedColumn;
  source_nulls: number;
  stored_nulls: number;
  source_digest: string;
  stored_digest: string;
  different_rows: number;
  is_equal: boolean;
}

type ComparedArticle = Pick<ImportedArticle, ComparedColumn>;

/** Adds up what the columns hold in the source and in the table, row for row. */
export function compareColumns() {
  const tallies = comparedColumns.map((column) => ({ column, source: sideTally(), stored: sideTally(), different: 0 }));
  return {
    /** Returns the columns that differ. */
    add(source: ImportedArticle, stored: ComparedArticle): ComparedColumn[] {
      return tallies.flatMap((tally) => {
        const [expected, actual] = [textOf(source[tally.column]), textOf(stored[tally.column])];
        const digest = digestOf(source.dataset_id, expected);
        tally.source.add(expected, digest);
        if (expected === actual) {
          tally.stored.add(actual, digest);
          return [];
        }
        tally.stored.add(actual, digestOf(source.dataset_id, actual));
        tally.different += 1;
        return [tally.column];
      });
    },
    result: (): ColumnComparison[] =>
      tallies.map(({ column, source, stored, different }) => ({
        column,
        source_nulls: source.nulls(),
        stored_nulls: stored.nulls(),
        source_digest: source.digest(),
        stored_digest: stored.digest(),
        different_rows: different,
        is_equal: different === 0,
      })),
  };
}

function sideTally() {
  let nulls = 0;
  let sum = 0n;
  return {
    add(text: string | null, digest: bigint) {
      if (text === null) nulls += 1;
      sum = BigInt.asUintN(64, sum + digest);
    },
    nulls: () => nulls,
    digest: () => sum.toString(16).padStart(16, '0'),
  };
}

function digestOf(id: string, text: string | null): bigint {
  const hash = createHash('md5')
    .update(text === null ? id : `${id} ${text}`)
    .digest();
  return hash.readBigUInt64BE();
}

function textOf(value: string | number | string[] | null): string | null {
  return value === null || typeof value === 'string' ? value : JSON.stringify(value);
}
