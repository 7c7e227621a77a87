import type { Position } from './contract.ts';

/** Results whose places a page carries to the next one. */
const carried = 3;

/**
 * Where a page begins in an order by relevance: behind the results that were shown last, where they stand now. Of three
 * one may be gone or have moved far: the middle one of their moves counts. Behind the rank where none is left to tell.
 *
 * @param placeOf where an article stands now, from 0.
 */
export function pageStart(after: Position | undefined, placeOf: (uniqueId: string) => number | undefined): number {
  const rank = after?.rank ?? 0;
  const moves = shownBefore(after).flatMap((id, distance) => {
    const place = placeOf(id);
    return place === undefined ? [] : [{ end: place + 1, by: place + 1 + distance - rank }];
  });
  // Of two that moved apart neither is believed.
  if (moves.length % 2 === 0) moves.push({ end: rank, by: 0 });
  const middle = moves.map(({ by }) => by).toSorted((one, other) => one - other)[(moves.length - 1) / 2];
  return moves.find(({ by }) => by === middle)!.end;
}

/** Ids of the results that were shown last, the last one first. */
export function shownBefore(after: Position | undefined): string[] {
  return after?.uniqueId === undefined ? [] : [after.uniqueId, ...(after.before ?? [])];
}

/** The end of a page, for the next one. */
export function pageEnd(
  shown: readonly string[],
  after: Position | undefined,
): Required<Pick<Position, 'uniqueId' | 'before'>> {
  const [uniqueId, ...before] = [...shown.toReversed(), ...shownBefore(after)].slice(0, carried);
  return { uniqueId: uniqueId!, before };
}
