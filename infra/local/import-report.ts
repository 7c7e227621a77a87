import type { ImportResult } from '../../functions/import/import.ts';
import type { Validation } from '../../functions/import/validate.ts';

const maxFilesShown = 20;

/** What an import did, for people. */
export function formatImport(result: ImportResult): string {
  const { source, revision, left_out, rows_done, row_count, is_done, report } = result;
  const line = (value: number, text: string) => `${String(value).padStart(8)}  ${text}`;
  const section = (title: string, counts: Record<string, number>) => {
    const found = Object.entries(counts).filter(([, count]) => count > 0);
    return found.length > 0 ? ['', title, ...found.map(([name, count]) => line(count, name))] : [];
  };
  const list = (title: string, names: readonly string[]) =>
    names.length > 0 ? ['', title, ...names.map((name) => `  ${name}`)] : [];
  return [
    `${source}${revision ? ` at ${revision}` : ''}: ${rows_done} of ${row_count} rows`,
    ...(report.replaced_rows > 0
      ? [line(report.replaced_rows, 'more, counted below too: of files that were replaced since they were read')]
      : []),
    line(report.inserted, 'inserted'),
    line(report.updated, 'updated: what was there was older, or lacked summary or themes'),
    line(report.unchanged, 'unchanged'),
    line(report.merged, 'merged into another record of the same address'),
    line(report.rejected, 'left out'),
    ...section('Repaired', report.repaired),
    ...section('Left out because of', report.rejections),
    ...section('Unknown agencies (--create-agencies makes those with a key such as mec)', report.unknown_agencies),
    ...section('Unknown themes (--create-agencies makes those with a code such as 01.02)', report.unknown_themes),
    ...section('Known codes with another label: kept without the theme', report.relabelled_themes),
    ...list('Agencies made', report.created_agencies),
    ...list('Themes made', report.created_themes),
    ...list('For example', report.examples),
    ...list(`Parquet files that were not read: ${left_out.length}`, left_out.slice(0, maxFilesShown)),
    ...(is_done ? [] : ['', 'Not all rows were read: --resume goes on from here']),
  ].join('\n');
}

/** The table of a validation. */
export function formatValidation(validation: Validation): string {
  const { source, rows, merged_rows, repeated_rows, compared_articles, checks, columns, examples } = validation;
  return [
    `Validation of ${source}: ${rows} rows, ${merged_rows} merged, ${repeated_rows} repeated`,
    ...checks.map(({ name, expected, actual, is_ok }) => {
      return `  ${is_ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(50)} ${actual.padStart(9)}  expected ${expected}`;
    }),
    '',
    `Columns of ${compared_articles} articles that nothing has changed since`,
    `  ${'column'.padEnd(18)} ${'nulls'.padStart(9)} ${'in table'.padStart(9)}  ${'digest'.padEnd(16)}  in table`,
    ...columns.map(({ column, source_nulls, stored_nulls, source_digest, stored_digest, different_rows }) => {
      const nulls = `${String(source_nulls).padStart(9)} ${String(stored_nulls).padStart(9)}`;
      const verdict = different_rows > 0 ? `${stored_digest}  ${different_rows} rows differ` : 'equal';
      return `  ${column.padEnd(18)} ${nulls}  ${source_digest}  ${verdict}`;
    }),
    ...(examples.length > 0 ? ['', 'For example', ...examples.map((example) => `  ${example}`)] : []),
  ].join('\n');
}
