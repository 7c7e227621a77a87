import type { DocumentHit } from '../../../shared/typesense-search.ts';
import type { Position } from './contract.ts';

/** What a document's place in an order by date follows from. */
export type Dated = Pick<DocumentHit['document'], 'id' | 'published_at'>;

/**
 * The newest first, of one second by their ids, as in Postgres. The server sorts by numbers alone here: its index of a
 * sorted string keeps a node for each character, which for 300,000 ids takes gigabytes.
 *
 * @see https://github.com/typesense/typesense/blob/v30.1/src/adi_tree.cpp
 */
export function newestFirst(a: Dated, b: Dated): number {
  return secondsOf(b) - secondsOf(a) || (a.id < b.id ? -1 : Number(a.id > b.id));
}

/** Epoch seconds. */
export function secondsOf({ published_at: seconds = 0 }: Dated): number {
  return seconds;
}

/** Where the page before ended, whatever became of its last article. */
export function placeOf(after: Position | undefined): Dated | undefined {
  if (after?.publishedAt === undefined || after.uniqueId === undefined) return undefined;
  return { id: after.uniqueId, published_at: Math.floor(after.publishedAt / 1000) };
}

export function positionAt(last: Dated, asOf: number): Position {
  return { asOf, publishedAt: secondsOf(last) * 1000, uniqueId: last.id };
}
