import type { Database } from '../../../shared/database.ts';

const portion = 10_000;
const sentenceCount = 40_000;
const yearCount = 5;

/**
 * Fills an empty `news` with an archive of articles of about 4 KB that is five years long and ends now. The texts are
 * made by the server, of sentences of invented words; row n is the same every time, but for its date.
 */
export async function seedArchive(db: Database, rows: number): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(createSentences);
    await tx.query('analyze seed_sentences');
    // Search vectors would be most of the work, and no export reads them.
    await tx.query('alter table news disable trigger user');
    for (let start = 0; start < rows; start += portion) {
      await tx.query(insertArticles, [start, Math.min(rows, start + portion) - 1, yearCount * 365 * 24 * 60]);
      console.error(`seeded ${Math.min(rows, start + portion)} of ${rows} articles`);
    }
    await tx.query('alter table news enable trigger user');
  });
  await db.session(async (client) => {
    await client.query('set statement_timeout = 0');
    await client.query('vacuum analyze news');
  });
}

/** A number below `range` that depends on the row and on what it is for. */
function pick(row: string, purpose: number, range: string | number): string {
  return `((hashint8extended((${row})::bigint, ${purpose}) & 1073741823) % ${range})::integer`;
}

const createSentences = `
  create temporary table seed_sentences on commit drop as
  with syllables as (
    select array['a','ba','ca','ção','co','da','de','do','dor','e','ên','es','fi','ga','go','gra','i','ja','la','lei',
      'lo','ma','men','mi','mí','mos','na','ni','no','o','pa','per','pla','po','pú','ra','re','ri','sa','são','se','si',
      'ta','te','ti','to','tra','u','va','ven','vi','xa'] as list
  ), words as (
    select word, (select string_agg(list[1 + ${pick('word * 4 + syllable', 1, 52)}], '' order by syllable)
      from generate_series(1, 2 + word % 3) as syllable) as text
    from syllables, generate_series(0, 2999) as word
  )
  select sentence as id, initcap(min(text) filter (where position = 1)) || ' '
    || string_agg(text, ' ' order by position) || '. ' as text
  from generate_series(0, ${sentenceCount - 1}) as sentence, generate_series(1, 16) as position, words
  where words.word = ${pick('sentence * 16 + position', 2, 3000)}
  group by sentence`;

const insertArticles = `
  with theme_ids as (
    select array_agg(id) filter (where level = 1) as level_1, array_agg(id) filter (where level = 2) as level_2,
      array_agg(id) filter (where level = 3) as level_3 from themes
  ), agency_list as (
    select array_agg(id order by id) as ids from agencies
  ), contents as (
    select number, string_agg(text, case when position % 5 = 0 then E'\\n\\n' else '' end order by position) as text
    from generate_series($1::integer, $2::integer) as number
      cross join generate_series(1, 14 + ${pick('number', 3, 24)}) as position
      join seed_sentences on id = ${pick('number * 64::bigint + position', 4, sentenceCount)}
    group by number
  )
  insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, updated_datetime,
    extracted_at, last_seen_at, title, subtitle, editorial_lead, url, canonical_url, content, image_url, category, tags,
    theme_l1_id, theme_l2_id, theme_l3_id, summary, search)
  select 'noticia-numero-' || number || '_' || substr(md5(number::text), 1, 6), agencies.id, key, agencies.name,
    published_at, 'page', case when number % 3 = 0 then published_at + interval '1 hour' end,
    published_at + interval '2 hours', published_at + interval '2 hours', headline.text,
    case when number % 5 < 3 then subtitle.text end, case when number % 4 = 0 then 'Educação básica' end,
    'https://www.gov.br/' || key || '/noticia-numero-' || number, 'https://www.gov.br/' || key || '/' || number,
    contents.text, 'https://www.gov.br/' || key || '/imagens/' || md5(number::text) || '.jpg',
    (array['Notícias', 'Saúde', 'Editais', 'Agenda'])[1 + number % 4],
    (array['saúde', 'educação', 'orçamento', 'obras', 'ciência'])[1:number % 6],
    case when number % 10 < 8 then level_1[1 + number % cardinality(level_1)] end,
    case when number % 10 < 6 then level_2[1 + number % cardinality(level_2)] end,
    case when number % 10 < 3 then level_3[1 + number % cardinality(level_3)] end,
    case when number % 10 < 8 then subtitle.text || headline.text || subtitle.text end, ''
  from contents
    cross join theme_ids cross join agency_list
    join agencies on agencies.id = ids[1 + number % cardinality(ids)]
    join seed_sentences as headline on headline.id = ${pick('number', 5, sentenceCount)}
    join seed_sentences as subtitle on subtitle.id = ${pick('number', 6, sentenceCount)}
    cross join lateral (select date_trunc('second', now())
      - make_interval(mins => ${pick('number', 7, '$3::integer')}) as published_at) as dates`;
