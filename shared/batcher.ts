import { RetryableError } from './errors.ts';

/** Bounds of a batcher. */
export interface BatcherOptions<I> {
  /** For the text of an error: what is done to the items. */
  name: string;
  /** Items in one batch at most. */
  maxItems: number;
  /** Sum of `sizeOf` in one batch at most, in bytes; a single item may be larger. */
  maxBytes?: number;
  sizeOf?(item: I): number;
  /** Batches in work at the same time. Default 1: what comes meanwhile is the next batch. */
  concurrency?: number;
  /** How long an item waits for company although a batch could start, in milliseconds. Default 0. */
  maxWaitMs?: number;
  /** Items that wait at most; one more is refused. Default 10 batches. */
  maxWaiting?: number;
}

/** What became of one item: its result, or why it alone failed. */
export type Outcome<R> = { value: R } | { error: unknown };

/**
 * Gathers concurrent calls into batches; resolves with the result of this item.
 *
 * @throws {RetryableError} at once when too many items wait: the caller's caller must slow down.
 */
export type Batcher<I, R> = (item: I) => Promise<R>;

interface Waiting<I, R> {
  item: I;
  since: number;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/**
 * Makes batches of calls that come at the same time: alone, a call starts at once; under load, whatever comes while a
 * batch is in work makes up the next one. So batches grow with the load and nothing waits when there is none.
 *
 * A batch that fails as a whole with an error that a retry can help fails all of its items: to ask for each again would
 * multiply the load on what is failing. With any other error its items are tried one by one: only the culprit fails.
 *
 * An item that waits belongs to a request in work: an instance that ends waits for its requests, and so for its items.
 *
 * @param run returns an outcome for every item, in their order.
 */
export function createBatcher<I, R>(
  run: (items: readonly I[]) => Promise<readonly Outcome<R>[]>,
  options: BatcherOptions<I>,
): Batcher<I, R> {
  const { name, maxItems, maxBytes = Number.POSITIVE_INFINITY, sizeOf = () => 0, concurrency = 1 } = options;
  const { maxWaitMs = 0, maxWaiting = 10 * maxItems } = options;
  const waiting: Waiting<I, R>[] = [];
  let inWork = 0;
  let isTimed = false;

  function pump(): void {
    while (inWork < concurrency && waiting.length > 0) {
      const waitMs = waiting.length >= maxItems ? 0 : waiting[0]!.since + maxWaitMs - performance.now();
      if (waitMs > 0) {
        if (!isTimed) {
          isTimed = true;
          setTimeout(() => {
            isTimed = false;
            pump();
          }, waitMs);
        }
        return;
      }
      void work(nextBatch());
    }
  }

  function nextBatch(): Waiting<I, R>[] {
    let count = 0;
    let bytes = 0;
    while (count < Math.min(maxItems, waiting.length)) {
      bytes += sizeOf(waiting[count]!.item);
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    return waiting.splice(0, count);
  }

  async function work(batch: Waiting<I, R>[]): Promise<void> {
    inWork++;
    await settle(batch);
    inWork--;
    pump();
  }

  async function settle(batch: Waiting<I, R>[]): Promise<void> {
    try {
      const outcomes = await run(batch.map(({ item }) => item));
      if (outcomes.length !== batch.length) {
        throw new Error(`${name} gave ${outcomes.length} outcomes for ${batch.length} items`);
      }
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index]!;
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value);
      }
    } catch (error) {
      if (batch.length === 1 || error instanceof RetryableError) {
        for (const { reject } of batch) reject(error);
        return;
      }
      for (const one of batch) await settle([one]);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= maxWaiting) {
        reject(new RetryableError(`${name} has ${waiting.length} items waiting and takes no more for now`));
        return;
      }
      waiting.push({ item, since: performance.now(), resolve, reject });
      // Those that come within the same turn of the event loop start together.
      if (waiting.length === 1) setImmediate(pump);
    });
}
