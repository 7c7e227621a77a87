/** A row of token ids that waits for its vector. */
export interface WaitingRow {
  ids: Int32Array;
  resolve(vector: Float32Array): void;
  reject(error: unknown): void;
}

/** Bounds of one inference. */
export interface BatchBounds {
  maxRows: number;
  /** Tokens with the padding; a single row may be longer. */
  maxTokens: number;
}

/** Rows that wait for an inference. */
export interface RowQueue {
  push(rows: readonly WaitingRow[]): void;
  /** Takes the next batch out of the queue, shortest row first; empty when none waits. */
  take(): WaitingRow[];
}

/**
 * A queue that cuts what waits, of whatever callers, into batches of rows of like length, so that little is computed on
 * padding. The batch of the row that has waited longest is the next: no row is overtaken for ever.
 */
export function createRowQueue({ maxRows, maxTokens }: BatchBounds): RowQueue {
  let rows: { row: WaitingRow; ticket: number }[] = [];
  let lastTicket = 0;
  let isSorted = true;

  /** Where the batch that starts at a row ends: the last row of a batch is its longest. */
  function endOfBatch(start: number): number {
    let end = start + 1;
    while (end < rows.length && end - start < maxRows && (end - start + 1) * rows[end]!.row.ids.length <= maxTokens)
      end++;
    return end;
  }

  return {
    push(more) {
      rows = rows.concat(more.map((row) => ({ row, ticket: ++lastTicket })));
      isSorted = false;
    },
    take() {
      if (rows.length === 0) return [];
      if (!isSorted) rows.sort((a, b) => a.row.ids.length - b.row.ids.length);
      isSorted = true;
      const oldest = rows.reduce((first, { ticket }, index) => (ticket < rows[first]!.ticket ? index : first), 0);
      let start = 0;
      let end = endOfBatch(start);
      while (end <= oldest) {
        start = end;
        end = endOfBatch(start);
      }
      return rows.splice(start, end - start).map(({ row }) => row);
    },
  };
}
