import type { Agency, Source } from '../catalogue.ts';
import type { Queryable } from '../database.ts';
import type { Theme } from '../theme.ts';

/** Makes other writers of the catalogue wait until the transaction ends; readers and writers of news go on. */
export async function lockCatalogue(tx: Queryable): Promise<void> {
  await tx.query('lock table agencies, sources, themes in share row exclusive mode');
}

/** All agencies, by key. */
export async function listAgencies(db: Queryable): Promise<Agency[]> {
  const { rows } = await db.query<Agency>(
    'select key, name, type, parent_key as "parentKey", url from agencies order by key',
  );
  return rows;
}

/** Those of the keys that no agency has, in their order. */
export async function listUnknownAgencies(db: Queryable, agencyKeys: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `select key from unnest($1::text[]) with ordinality as asked (key, position)
     where not exists (select from agencies where agencies.key = asked.key)
     order by position`,
    [agencyKeys],
  );
  return rows.map((row) => row.key);
}

/** All sources, active or not, by agency and address. */
export async function listSources(db: Queryable): Promise<Source[]> {
  const { rows } = await db.query<Source>(`
    select agency_key as "agencyKey", url, platform, is_active as "isActive", disabled_reason as "disabledReason",
      disabled_at as "disabledAt"
    from sources
    order by agency_key, url`);
  return rows;
}

/** All themes, by code: each after the one it stands under. */
export async function listThemes(db: Queryable): Promise<Theme[]> {
  const { rows } = await db.query<Theme>(`
    select code, label, full_name as "fullName", level, parent_code as "parentCode", description, keywords
    from themes
    order by code collate "C"`);
  return rows;
}

/** Inserts agencies, or replaces all fields of those whose key is stored. */
export async function upsertAgencies(db: Queryable, agencies: readonly Agency[]): Promise<void> {
  await db.query(
    `
    insert into agencies (key, name, type, parent_key, url)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    on conflict (key) do update set
      name = excluded.name,
      type = excluded.type,
      parent_key = excluded.parent_key,
      url = excluded.url`,
    [
      agencies.map(({ key }) => key),
      agencies.map(({ name }) => name),
      agencies.map(({ type }) => type),
      agencies.map(({ parentKey }) => parentKey),
      agencies.map(({ url }) => url),
    ],
  );
}

/** Inserts sources, or replaces all fields of those whose address is stored. Their agencies must be stored. */
export async function upsertSources(db: Queryable, sources: readonly Source[]): Promise<void> {
  await db.query(
    `
    insert into sources (agency_key, url, platform, is_active, disabled_reason, disabled_at)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::timestamptz[])
    on conflict (url) do update set
      agency_key = excluded.agency_key,
      platform = excluded.platform,
      is_active = excluded.is_active,
      disabled_reason = excluded.disabled_reason,
      disabled_at = excluded.disabled_at`,
    [
      sources.map(({ agencyKey }) => agencyKey),
      sources.map(({ url }) => url),
      sources.map(({ platform }) => platform),
      sources.map(({ isActive }) => isActive),
      sources.map(({ disabledReason }) => disabledReason),
      sources.map(({ disabledAt }) => disabledAt?.toISOString() ?? null),
    ],
  );
}

/** Inserts themes, or replaces all fields of those whose code is stored. What they stand under must be stored, or come along. */
export async function upsertThemes(db: Queryable, themes: readonly Theme[]): Promise<void> {
  // Lists of unequal length do not fit in one array: keywords travel as JSON.
  await db.query(
    `
    insert into themes (code, label, full_name, level, parent_code, description, keywords)
    select code, label, full_name, level, parent_code, description,
      array(select jsonb_array_elements_text(keywords::jsonb))
    from unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[])
      as theme (code, label, full_name, level, parent_code, description, keywords)
    on conflict (code) do update set
      label = excluded.label,
      full_name = excluded.full_name,
      level = excluded.level,
      parent_code = excluded.parent_code,
      description = excluded.description,
      keywords = excluded.keywords`,
    [
      themes.map(({ code }) => code),
      themes.map(({ label }) => label),
      themes.map(({ fullName }) => fullName),
      themes.map(({ level }) => level),
      themes.map(({ parentCode }) => parentCode),
      themes.map(({ description }) => description),
      themes.map(({ keywords }) => JSON.stringify(keywords)),
    ],
  );
}
