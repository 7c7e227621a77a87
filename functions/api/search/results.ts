import type { Queryable } from '../../../shared/database.ts';
import { bindings } from '../../../shared/sql/bindings.ts';
import type { Condition } from './conditions.ts';
import type { SearchResult } from './contract.ts';

/** A result before its words are marked. */
export type FoundRow = Omit<SearchResult, 'score' | 'highlight'> & { content: string | null };

const maxCopies = 10;
/** Of the Markdown of an article, for its snippet. */
const contentCharacters = 2000;

/** What a page shows of its articles, in the order of the ids. */
export async function readResults(
  tx: Queryable,
  uniqueIds: readonly string[],
  condition: Condition,
): Promise<FoundRow[]> {
  const { bind, values } = bindings();
  const matches = condition(bind);
  const { rows } = await tx.query<FoundRow>(
    `select article.unique_id, article.title, article.url, article.agency_key as agency, article.agency_name,
       article.published_at, article.summary,
       case when theme.id is not null then jsonb_build_object('code', theme.code, 'label', theme.label) end as theme,
       article.image_url as image, copies.ids as copies, left(article.content, ${contentCharacters}) as content
     from unnest(${bind(uniqueIds)}::text[]) with ordinality as listed (unique_id, place)
     join news as article on article.unique_id = listed.unique_id
     left join themes as theme on theme.id = article.most_specific_theme_id
     cross join lateral (
       select coalesce(array_agg(unique_id order by published_at desc, unique_id), '{}') as ids
       from (
         select copy.unique_id, copy.published_at from news as copy
         where copy.content_hash = article.content_hash and copy.unique_id <> article.unique_id and ${matches('copy')}
         order by copy.published_at desc, copy.unique_id
         limit ${maxCopies}
       ) as copy
     ) as copies
     order by listed.place`,
    values,
  );
  return rows;
}
