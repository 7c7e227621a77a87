import type { Bind } from './bindings.ts';

/** Narrows a listing of articles; what is left out does not. */
export interface ArticleFilter {
  /** Keys. */
  agency?: readonly string[] | undefined;
  /** Code of a theme of any level: what is filed under a theme below it belongs to it too. */
  theme?: string | undefined;
  /** Tags, of which an article has at least one. */
  tag?: readonly string[] | undefined;
  hasSummary?: boolean | undefined;
  /** Publication days in America/Sao_Paulo, `YYYY-MM-DD`, both ends included. */
  from?: string | undefined;
  to?: string | undefined;
}

/** The condition of a filter on a row of `news`, under the name that the row has in the statement. */
export function matching(filter: ArticleFilter, bind: Bind): (row: string) => string {
  const midnight = "::timestamp at time zone 'America/Sao_Paulo'";
  const conditions: [column: string, test: string][] = [['removed_at', 'is null']];
  if (filter.agency) conditions.push(['agency_key', `= any(${bind(filter.agency)}::text[])`]);
  if (filter.tag) conditions.push(['tags', `&& ${bind(filter.tag)}::text[]`]);
  if (filter.hasSummary !== undefined) {
    conditions.push(['summary', filter.hasSummary ? 'is not null' : 'is null']);
  }
  if (filter.from) conditions.push(['published_at', `>= (${bind(filter.from)}::date)${midnight}`]);
  if (filter.to) conditions.push(['published_at', `< (${bind(filter.to)}::date + 1)${midnight}`]);
  // An article names its theme of every level; the first one is asked for too, because it has an index.
  const parts = filter.theme?.split('.') ?? [];
  for (const level of parts.keys()) {
    const code = bind(parts.slice(0, level + 1).join('.'));
    conditions.push([`theme_l${level + 1}_id`, `= (select id from themes where code = ${code})`]);
  }
  return (row) => conditions.map(([column, test]) => `${row}.${column} ${test}`).join(' and ');
}
