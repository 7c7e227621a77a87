import type { Queryable } from '../../../shared/database.ts';
import { bindings } from '../../../shared/sql/bindings.ts';
import type { Condition } from './conditions.ts';
import type { FacetName, FacetValue, Found } from './contract.ts';

/** A common word is in most articles: beyond so many, their number tells a reader nothing more. */
const maxCounted = 10_000;
const maxValues = 20;

/** One statement a facet, over `matched`. */
const facetSelects: Record<FacetName, string> = {
  agency: 'select agency_key as value, max(agency_name) as label, count(*)::int as count from matched group by value',
  theme: `select code as value, label, count(*)::int as count
    from matched join themes on themes.id = matched.theme_l1_id group by code, label`,
  tag: `select value, value as label, count(*)::int as count
    from matched cross join lateral (select distinct unnest(tags) as value) as tag group by value`,
  year: `select extract(year from published_at at time zone 'America/Sao_Paulo')::text as value,
      extract(year from published_at at time zone 'America/Sao_Paulo')::text as label, count(*)::int as count
    from matched group by value`,
};

/**
 * Counts what matches, and its most frequent values by facet; themes are those of the first level.
 *
 * @param others ids of articles that count too, where the condition does not hold for them.
 */
export async function countMatches(
  tx: Queryable,
  condition: Condition,
  facets: readonly FacetName[],
  others: readonly string[] = [],
): Promise<Pick<Found, 'total' | 'facets'>> {
  const { bind, values } = bindings();
  const matches = condition(bind);
  const columns = facets.length > 0 ? 'agency_key, agency_name, theme_l1_id, tags, published_at' : '';
  const selects = facets.map(
    (name) => `(select '${name}' as facet, * from (${facetSelects[name]}) as ${name}
      order by count desc, value limit ${maxValues})`,
  );
  const select = `select ${columns} from news where`;
  const branches = [`(${select} ${matches('news')} limit ${maxCounted + 1})`];
  if (others.length > 0) {
    branches.push(`(${select} unique_id = any(${bind(others)}::text[]) and not (${matches('news')}))`);
  }
  const { rows } = await tx.query<FacetValue & { facet: FacetName | null }>(
    `with matched as materialized (${branches.join(' union all ')})
     select null as facet, null as value, null as label, count(*)::int as count from matched
     ${selects.map((select) => `union all ${select}`).join(' ')}`,
    values,
  );
  const counted = rows.find(({ facet }) => facet === null)!.count;
  return {
    total: { count: Math.min(counted, maxCounted), is_exact: counted <= maxCounted },
    facets: Object.fromEntries(
      facets.map((name) => [
        name,
        rows.filter(({ facet }) => facet === name).map(({ value, label, count }) => ({ value, label, count })),
      ]),
    ),
  };
}
