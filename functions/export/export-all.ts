import { reducedColumns } from '../../shared/dataset-schema.ts';
import { type ExportDeps, type ExportOptions, type ExportResult, exportDataset } from './export.ts';
import type { DatasetRef } from './sql.ts';
import type { DatasetTarget } from './target.ts';

/** Where a dataset goes, and under which name the ledger knows it. */
export interface Destination extends DatasetRef {
  target: DatasetTarget;
}

/** The dataset of all columns, and the one of four where there is one. */
export interface Destinations {
  full: Destination;
  reduced?: Destination;
}

/** Of the full dataset, and of the reduced one where there is one. */
export interface ExportAllResult extends ExportResult {
  reduced?: ExportResult;
}

export type ExportAllOptions = Omit<ExportOptions, keyof DatasetRef | 'columns'>;

/** Brings both datasets to what the table holds, the full one first. */
export async function exportAll(
  { full, reduced }: Destinations,
  options: ExportAllOptions,
  deps: Omit<ExportDeps, 'target'>,
): Promise<ExportAllResult> {
  const run = ({ target, ...ref }: Destination, columns = {}) =>
    exportDataset({ ...options, ...ref, ...columns }, { ...deps, target });
  const result = await run(full);
  return reduced ? { ...result, reduced: await run(reduced, { columns: reducedColumns }) } : result;
}
