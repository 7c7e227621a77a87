import { setImmediate } from 'node:timers/promises';
import { lendAccess } from '../../shared/lent-access.ts';
import type { Logger } from '../../shared/log.ts';
import { startThread, type Thread } from '../../shared/thread.ts';
import type { AcceptReply, AcceptRequest } from './accept-thread.ts';
import type { AcceptedRows } from './accepted-rows.ts';
import { type MappedRow, mapRow } from './article.ts';
import type { ImportCatalogue } from './catalogue.ts';
import type { PlannedFile } from './plan.ts';
import type { Repair } from './repair.ts';

/** Consecutive rows of a file, read as articles. */
export interface Batch {
  rows: (MappedRow & { position: number })[];
  /** Of the first row, and of the first after the last. */
  start: number;
  end: number;
  created: { agencies: string[]; themes: string[] };
}

export interface BatchOptions {
  reader: RowReader;
  catalogue: ImportCatalogue;
  repairs: ReadonlySet<Repair>;
  batchSize: number;
  createMissing: boolean;
}

/** Reads files in a thread of its own, one at a time. */
export interface RowReader extends AsyncDisposable {
  call: Thread<null, AcceptRequest, AcceptReply>['call'];
}

/** The thread starts when it is first asked. */
export function rowReader(log: Logger): RowReader {
  const module = new URL('./accept-thread.ts', import.meta.url);
  let thread: ReturnType<typeof startThread<null, AcceptRequest, AcceptReply>> | undefined;
  return {
    async call(request, transfer) {
      thread ??= startThread({ name: 'reading rows', module, data: null, log, youngHeapMb: 12 });
      return await (await thread).call(request, transfer);
    },
    async [Symbol.asyncDispose]() {
      await (await thread)?.close();
    },
  };
}

/** The rows of a file from a position to before another, in batches. */
export async function* readBatches(
  { file: { path, sizeBytes, open }, fingerprint }: PlannedFile,
  from: number,
  to: number,
  options: BatchOptions,
): AsyncGenerator<Batch, void> {
  const { reader, batchSize, repairs } = options;
  const file = await open();
  try {
    const access = lendAccess(file);
    const order = { fingerprint, from, to, batchSize, repairs };
    await reader.call({ file: { path, sizeBytes }, access, order }, [access]);
    for (let accepted = await reader.call('next'); accepted; accepted = await reader.call('next')) {
      yield { start: accepted.start, end: accepted.end, ...(await mapRows(accepted.rows, options)) };
    }
  } finally {
    await file.close();
  }
}

const rowsOfSlice = 25;
const noneCreated = { agencies: [], themes: [] };

async function mapRows(
  accepted: AcceptedRows['rows'],
  { catalogue, createMissing }: BatchOptions,
): Promise<Pick<Batch, 'rows' | 'created'>> {
  const named = accepted.flatMap((row) => ('fields' in row ? [row.fields] : []));
  const created = createMissing ? await catalogue.create(named) : noneCreated;
  const rows: Batch['rows'] = [];
  for (const [index, row] of accepted.entries()) {
    // Between slices the statements of the batch before go on, while the database would wait for this one.
    if (index % rowsOfSlice === 0) await setImmediate();
    rows.push({ ...mapRow(row, catalogue), position: row.position });
  }
  return { created, rows };
}
