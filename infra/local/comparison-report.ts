import type { Comparison, FieldDifference } from './compare-backends.ts';

/** Lines of a kind that are shown; `--json` has all. */
const maxLines = 20;

/** A comparison as a person likes to read it: the days, what differs, and a line that says which it is. */
export function formatComparison(comparison: Comparison): string {
  const { days, missing, extra, repeated, unreadable, differences, sampled, journal_open: open } = comparison;
  const table = [
    `${'day'.padEnd(10)}  ${'postgres'.padStart(8)}  ${'dataset'.padStart(8)}`,
    ...days.map(({ day, postgres, dataset }) => {
      const mark = postgres === dataset ? '' : `  ${dataset - postgres > 0 ? '+' : ''}${dataset - postgres}`;
      return `${day}  ${String(postgres).padStart(8)}  ${String(dataset).padStart(8)}${mark}`;
    }),
  ];
  const lists = [
    list('missing in the dataset', missing),
    list('only in the dataset', extra),
    list('more than once in the dataset', repeated),
    list(
      'cannot be read',
      unreadable.map(({ reason }) => reason),
    ),
    list('different', differences.map(describeDifference)),
  ].flat();
  const journal =
    open === 0
      ? 'The journal is empty.'
      : `${open} journaled ${open === 1 ? 'change waits' : 'changes wait'} for the dataset: run "destaques sync-hf", then compare again.`;
  const verdict = comparison.is_equal
    ? `Equal: ${days.reduce((sum, { postgres }) => sum + postgres, 0)} articles on both sides, all fields of ${sampled} compared.`
    : `Different: ${missing.length} missing, ${extra.length} extra, ${repeated.length} repeated, ` +
      `${unreadable.length} unreadable files, ` +
      `${differences.length} fields of the ${sampled} articles compared.`;
  return [...table, '', ...lists, journal, verdict].join('\n');
}

function list(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > maxLines ? [`  and ${items.length - maxLines} more (--json has all)`] : [];
  return [`${title}:`, ...items.slice(0, maxLines).map((item) => `  ${item}`), ...more];
}

function describeDifference({ unique_id: id, field, postgres, dataset }: FieldDifference): string {
  return `${id} ${field}: ${short(postgres)} in Postgres, ${short(dataset)} in the dataset`;
}

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
