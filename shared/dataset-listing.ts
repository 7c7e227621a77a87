import type { DatasetShard } from './dataset-footers.ts';
import type { DatasetRow } from './dataset-schema.ts';
import type { ShardFooter, ShardGroup } from './dataset-shards.ts';
import { contentHash } from './identity.ts';

/** Where a row of the dataset stands. */
export interface RowPlace {
  shard: ShardFooter;
  row: number;
  uniqueId: string;
  publishedAt: number;
}

/** What is listed of which shards, and how it is read. */
export interface Listing {
  /** The newest first. */
  shards: readonly DatasetShard[];
  /** By the bounds that a file gives. */
  mayMatch(group: ShardGroup): boolean;
  matching(footer: ShardFooter, group: ShardGroup): Promise<RowPlace[]>;
  /** Without their texts. */
  read(places: readonly RowPlace[]): Promise<DatasetRow[]>;
  readTexts(places: readonly RowPlace[]): Promise<Pick<DatasetRow, 'title' | 'content'>[]>;
}

/** Shards and row groups read at once; a listing begins with one, which mostly is enough. */
const maxWidth = 8;
/** Rows looked at by a listing at most, where one text was published time and again. */
const maxPlaces = 20_000;
/** Rows without their texts, and texts, held at once. */
const pageRows = 100;
const pageTexts = 10;

/** The newest rows, the newest first; of several with the same text, the newest. Their texts are null. */
export async function listNewest(listing: Listing, limit: number): Promise<DatasetRow[]> {
  const fold = createFold(listing);
  const rows: DatasetRow[] = [];
  for (let count = limit, done = 0; ; done = count, count *= 2) {
    const places = await newestPlaces(listing, count);
    for (let start = done; start < places.length; start += pageRows) {
      rows.push(...(await fold(places.slice(start, start + pageRows))));
      if (rows.length >= limit) return rows.slice(0, limit);
    }
    if (places.length < count || count >= maxPlaces) return rows;
  }
}

/** The first `limit` rows of the listing, each id once: of shards and groups in the order of how new they may be. */
async function newestPlaces({ shards, mayMatch, matching }: Listing, limit: number): Promise<RowPlace[]> {
  let places: RowPlace[] = [];
  /** Of what may still be found, all is older than what stands last. */
  const isSettled = (newestLeft: number) => places.length >= limit && newestLeft < places.at(-1)!.publishedAt;
  const [partsOfShards, partsOfGroups] = [createWidening(), createWidening()];
  for (const some of partsOfShards(shards)) {
    if (isSettled(some[0]!.end - 1)) break;
    const footers = await Promise.all(some.map((shard) => shard.footer()));
    const groups = footers.flatMap((footer) => footer.groups.filter(mayMatch).map((group) => ({ footer, group })));
    for (const part of partsOfGroups(groups.sort((a, b) => newestOf(b.group) - newestOf(a.group)))) {
      const open = part.filter(({ group }) => !isSettled(newestOf(group)));
      if (open.length === 0) break;
      const found = await Promise.all(open.map(({ footer, group }) => matching(footer, group)));
      places = eachIdOnce([...places, ...found.flat()].sort(byNewest)).slice(0, limit);
    }
  }
  return places;
}

function newestOf({ publishedAt }: ShardGroup): number {
  return publishedAt?.max ?? Infinity;
}

/** Cuts lists into parts, one after the other wider than the one before, over all lists. */
function createWidening(): <T>(items: readonly T[]) => Generator<T[]> {
  let width = 1;
  return function* (items) {
    for (let start = 0; start < items.length; ) {
      yield items.slice(start, start + width);
      start += width;
      width = Math.min(maxWidth, width * 2);
    }
  };
}

function byNewest(a: RowPlace, b: RowPlace): number {
  return b.publishedAt - a.publishedAt || Number(a.uniqueId > b.uniqueId) - Number(a.uniqueId < b.uniqueId);
}

function eachIdOnce(places: readonly RowPlace[]): RowPlace[] {
  const seen = new Set<string>();
  return places.filter(({ uniqueId }) => seen.size < seen.add(uniqueId).size);
}

/** A row as far as it is known; the hash of its text once another has the same title. */
interface Listed {
  place: RowPlace;
  hash?: string | null;
}

/** Leaves out of page after page what has the text of a row before it. Texts are read of equal titles alone. */
function createFold({ read, readTexts }: Listing): (places: readonly RowPlace[]) => Promise<DatasetRow[]> {
  const listed = new Map<string, Listed[]>();
  const hashTexts = async (unknown: readonly Listed[]) => {
    for (let start = 0; start < unknown.length; start += pageTexts) {
      const some = unknown.slice(start, start + pageTexts);
      const texts = await readTexts(some.map(({ place }) => place));
      for (const [index, { title, content }] of texts.entries()) some[index]!.hash = contentHash(title, content);
    }
  };
  return async (places) => {
    const rows = await read(places);
    const page = rows.map((row, index): { row: DatasetRow; title: string; entry: Listed } => {
      return { row, title: contentHash(row.title, null) ?? '', entry: { place: places[index]! } };
    });
    const alike = [...Map.groupBy(page, ({ title }) => title)].flatMap(([title, same]) => {
      const all = [...(listed.get(title) ?? []), ...same.map(({ entry }) => entry)];
      return all.length > 1 ? all : [];
    });
    await hashTexts(alike.filter(({ hash }) => hash === undefined));
    return page.flatMap(({ row, title, entry }) => {
      const before = listed.get(title) ?? [];
      if (entry.hash && before.some(({ hash }) => hash === entry.hash)) return [];
      listed.set(title, [...before, entry]);
      return [row];
    });
  };
}
