import type { Queryable } from '../../shared/database.ts';
import type { Repair } from './repair.ts';
import { emptyReport, type ImportReport } from './report.ts';

/** What an import was asked for; a resumed one keeps to it. */
export interface ImportOrder {
  repairs: Repair[];
  createMissing: boolean;
}

export interface ImportState {
  source: string;
  revision: string | null;
  status: 'open' | 'done';
  options: ImportOrder;
  report: ImportReport;
}

const columns = 'source, revision, status, options, report';

export async function findImport(db: Queryable, source: string): Promise<ImportState | undefined> {
  return (await db.query<ImportState>(`select ${columns} from imports where source = $1`, [source])).rows[0];
}

/** The import of a dataset that was touched last and is not done. */
export async function findOpenImport(db: Queryable): Promise<ImportState | undefined> {
  const { rows } = await db.query<ImportState>(
    `select ${columns} from imports where status = 'open' and source like 'dataset %' order by updated_at desc limit 1`,
  );
  return rows[0];
}

/** Begins an import from its first row; what an earlier one noted about the source is forgotten, its rows stay. */
export async function insertImport(
  tx: Queryable,
  source: string,
  revision: string | null,
  order: ImportOrder,
): Promise<ImportState> {
  // Not deleted first: the cursors of an import at work refer to it.
  const { rows } = await tx.query<ImportState>(
    `insert into imports (source, revision, status, options, report) values ($1, $2, 'open', $3, $4)
     on conflict (source) do update set revision = excluded.revision, status = excluded.status,
       options = excluded.options, report = excluded.report, started_at = now(), updated_at = now()
     returning ${columns}`,
    [source, revision, JSON.stringify(order), JSON.stringify(emptyReport())],
  );
  await tx.query('delete from import_files where source = $1', [source]);
  return rows[0]!;
}

/** Opens an import again, at another revision maybe. */
export async function reopenImport(db: Queryable, source: string, revision: string | null): Promise<void> {
  await db.query(`update imports set status = 'open', revision = $2, updated_at = now() where source = $1`, [
    source,
    revision,
  ]);
}

export async function saveReport(
  tx: Queryable,
  source: string,
  status: ImportState['status'],
  report: ImportReport,
): Promise<void> {
  await tx.query('update imports set status = $2, report = $3, updated_at = now() where source = $1', [
    source,
    status,
    JSON.stringify(report),
  ]);
}

/** How far an import is in a file. */
export interface FileCursor {
  /** Of the file that was read. */
  fingerprint: string;
  nextRow: number;
}

/** How far an import is in each file, by path. */
export async function readCursors(db: Queryable, source: string): Promise<Map<string, FileCursor>> {
  const { rows } = await db.query<FileCursor & { path: string }>(
    'select path, fingerprint, next_row as "nextRow" from import_files where source = $1',
    [source],
  );
  return new Map(rows.map(({ path, ...cursor }) => [path, cursor]));
}

/**
 * Moves the cursor of a file on from where this import left it.
 *
 * @returns false when it stands elsewhere: another import of the same source is at work.
 */
export async function moveCursor(
  tx: Queryable,
  file: { source: string; path: string; fingerprint: string },
  from: number | undefined,
  to: number,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    from === undefined
      ? `insert into import_files (source, path, fingerprint, next_row) values ($1, $2, $3, $4)
         on conflict (source, path) do update set fingerprint = excluded.fingerprint, next_row = excluded.next_row
         where import_files.fingerprint <> excluded.fingerprint`
      : `update import_files set next_row = $4 where source = $1 and path = $2 and fingerprint = $3 and next_row = $5`,
    [file.source, file.path, file.fingerprint, to, ...(from === undefined ? [] : [from])],
  );
  return rowCount === 1;
}
