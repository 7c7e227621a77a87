/**
 * One answer for all who ask within a time, and for all who ask while it is made. An error is given to those who wait
 * for it; who asks after them has it made again.
 *
 * @param now milliseconds that grow.
 */
export function shareAnswer<T>(
  make: () => Promise<T>,
  { keptMs, now = () => performance.now() }: { keptMs: number; now?: () => number },
): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let madeAt = Number.POSITIVE_INFINITY;
  return () => {
    if (answer && now() - madeAt < keptMs) return answer;
    const made = make();
    answer = made;
    madeAt = Number.POSITIVE_INFINITY;
    made.then(
      () => {
        madeAt = now();
      },
      () => {
        answer = undefined;
      },
    );
    return made;
  };
}
