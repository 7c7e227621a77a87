import type { Queryable } from '../../shared/database.ts';

export interface KnownTheme {
  id: number;
  code: string;
  label: string;
  level: number;
}

/** A theme that only the data names. */
export interface NewTheme {
  code: string;
  label: string;
  level: number;
}

export async function readAgencies(db: Queryable): Promise<{ id: number; key: string }[]> {
  return (await db.query<{ id: number; key: string }>('select id, key from agencies')).rows;
}

export async function readThemes(db: Queryable): Promise<KnownTheme[]> {
  // Of two with one label the lower code is found by it.
  return (await db.query<KnownTheme>('select id, code, label, level from themes order by code desc')).rows;
}

/** Agencies of which the data has only the key, which is their name until a catalogue is imported. */
export async function insertAgencies(tx: Queryable, keys: readonly string[]): Promise<void> {
  await tx.query(
    'insert into agencies (key, name) select key, key from unnest($1::text[]) as key on conflict (key) do nothing',
    [keys],
  );
}

/** Themes in the order of their levels. */
export async function insertThemes(tx: Queryable, themes: readonly NewTheme[]): Promise<void> {
  await tx.query(
    `insert into themes (code, label, full_name, level, parent_code)
     select code, label, code || ' - ' || label, level, case when level > 1 then left(code, -3) end
     from unnest($1::text[], $2::text[], $3::smallint[]) as theme (code, label, level)
     on conflict (code) do nothing`,
    [themes.map(({ code }) => code), themes.map(({ label }) => label), themes.map(({ level }) => level)],
  );
}
