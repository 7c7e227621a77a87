import { createFooterCache, type DatasetShard, type FooterCacheOptions } from './dataset-footers.ts';
import { type DatasetRow, datasetColumns } from './dataset-schema.ts';
import { readShardRows, type ShardFooter, type ShardGroup } from './dataset-shards.ts';

/** Instants as microseconds since 1970: from the first to before the last. */
export interface InstantWindow {
  from?: number | undefined;
  to?: number | undefined;
}

/** Narrows a listing; what is left out does not. */
export interface DatasetFilter extends InstantWindow {
  /** Keys. */
  agency?: readonly string[] | undefined;
  /** Code of a theme of any level: what is filed under a theme below it belongs to it too. */
  theme?: string | undefined;
  /** Any of these, exactly. */
  tag?: readonly string[] | undefined;
  hasSummary?: boolean | undefined;
}

/** Where a row of the dataset stands. */
export interface RowPlace {
  shard: ShardFooter;
  row: number;
  uniqueId: string;
  publishedAt: number;
}

/** Reads a dataset where it lies: of its shards only what may hold the answer. */
export interface DatasetQuery {
  /**
   * The row of an id, undefined without one. Where `publishedAt` (microseconds) is right, little more is read than the
   * row; else the ids of all shards, the newest first, which are then known (4 bytes a row) while the shard stands.
   */
  find(uniqueId: string, publishedAt?: number): Promise<DatasetRow | undefined>;
  /** The newest rows that match, the newest first, by unique_id where they are as old. */
  newest(filter: DatasetFilter, limit: number): Promise<DatasetRow[]>;
  /** The rows of a window, in no order; memory is bounded by the ids of one row group. */
  scan(window: InstantWindow): AsyncGenerator<RowPlace[]>;
  /** The rows that stand at these places, in their order. */
  read(places: readonly RowPlace[]): Promise<DatasetRow[]>;
}

const allColumns = datasetColumns.map(({ name }) => name);
/** Shards whose ids are read at once, while an id is looked for everywhere. */
const searchWidth = 8;

/** Opens a dataset for reading; nothing is asked of its store before the first question. */
export function createDatasetQuery(options: FooterCacheOptions): DatasetQuery {
  const shards = createFooterCache(options);

  const find = async (uniqueId: string, publishedAt?: number) => {
    const all = await shards();
    if (publishedAt !== undefined) {
      const window = { from: publishedAt, to: publishedAt + 1 };
      for (const shard of all.filter((shard) => meets(shard, window))) {
        const row = await findInShard(shard, uniqueId, window);
        if (row) return row;
      }
    }
    for (let start = 0, width = 1; start < all.length; start += width, width = Math.min(searchWidth, width * 2)) {
      const some = all.slice(start, start + width);
      const rows = await Promise.all(some.map((shard) => findInShard(shard, uniqueId, {})));
      const row = rows.find((found) => found !== undefined);
      if (row) return row;
    }
    return undefined;
  };

  const newest = async (filter: DatasetFilter, limit: number) => {
    let places: RowPlace[] = [];
    /** Of what may still be found, all is older than what stands last. */
    const isSettled = (newestLeft: number) => places.length >= limit && newestLeft < places.at(-1)!.publishedAt;
    for (const shard of (await shards()).filter((shard) => meets(shard, filter))) {
      if (isSettled(shard.end - 1)) break;
      const footer = await shard.footer();
      for (const group of newestFirst(footer.groups)) {
        if (!mayMatch(group, filter) || isSettled(group.publishedAt?.max ?? Infinity)) continue;
        places = [...places, ...(await matching(footer, group, filter))].sort(byNewest).slice(0, limit);
      }
    }
    return await read(places);
  };

  return {
    find,
    newest,
    async *scan(window) {
      for (const shard of (await shards()).filter((shard) => meets(shard, window))) {
        const footer = await shard.footer();
        for (const group of footer.groups) if (mayMatch(group, window)) yield await matching(footer, group, window);
      }
    },
    read,
  };
}

async function findInShard(shard: DatasetShard, uniqueId: string, window: InstantWindow) {
  const footer = await shard.footer();
  const hash = hashOf(uniqueId);
  for (const group of footer.groups) {
    if (!mayMatch(group, window)) continue;
    group.idHashes ??= await readIdHashes(footer, group);
    for (let index = group.idHashes.indexOf(hash); index !== -1; index = group.idHashes.indexOf(hash, index + 1)) {
      const row = group.firstRow + index;
      const [fields] = await readShardRows(footer, allColumns, row, row + 1);
      if (fields?.unique_id === uniqueId) return fields;
    }
  }
  return undefined;
}

async function readIdHashes(footer: ShardFooter, { firstRow, rowCount }: ShardGroup): Promise<Uint32Array> {
  const rows = await readShardRows(footer, ['unique_id'], firstRow, firstRow + rowCount);
  return Uint32Array.from(rows, ({ unique_id: id }) => hashOf(id ?? ''));
}

/** FNV-1a: two ids may share it, so that the row itself decides. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The rows of a group that match, from those columns alone that the filter is about. */
async function matching(footer: ShardFooter, group: ShardGroup, filter: DatasetFilter): Promise<RowPlace[]> {
  const themeColumn = filter.theme ? themeColumns[filter.theme.split('.').length - 1] : undefined;
  const columns = [
    'unique_id',
    'published_at',
    ...(filter.agency ? (['agency'] as const) : []),
    ...(themeColumn ? [themeColumn] : []),
    ...(filter.tag ? (['tags'] as const) : []),
    ...(filter.hasSummary === undefined ? [] : (['summary'] as const)),
  ] as const;
  const rows = await readShardRows(footer, columns, group.firstRow, group.firstRow + group.rowCount);
  return rows.flatMap((fields, index) => {
    const { unique_id: uniqueId, published_at: publishedAt } = fields;
    if (uniqueId === null || publishedAt === null || !isWithin(publishedAt, filter)) return [];
    if (filter.agency && !filter.agency.includes(fields.agency ?? '')) return [];
    if (themeColumn && fields[themeColumn] !== filter.theme) return [];
    if (filter.tag && !fields.tags?.some((tag) => filter.tag!.includes(tag))) return [];
    if (filter.hasSummary !== undefined && Boolean(fields.summary) !== filter.hasSummary) return [];
    return [{ shard: footer, row: group.firstRow + index, uniqueId, publishedAt }];
  });
}

/** By the number of levels in a code, less one. */
const themeColumns = ['theme_1_level_1_code', 'theme_1_level_2_code', 'theme_1_level_3_code'] as const;

/** Rows further apart are read apart, and so are more than these. */
const maxGapRows = 100;
const maxRunRows = 500;

async function read(places: readonly RowPlace[]): Promise<DatasetRow[]> {
  const found = new Map<RowPlace, DatasetRow>();
  for (const [shard, inShard] of Map.groupBy(places, (place) => place.shard)) {
    for (const run of runs(inShard)) {
      const first = run[0]!.row;
      const rows = await readShardRows(shard, allColumns, first, run.at(-1)!.row + 1);
      for (const place of run) found.set(place, rows[place.row - first]!);
    }
  }
  return places.map((place) => found.get(place)!);
}

function runs(places: readonly RowPlace[]): RowPlace[][] {
  const all: RowPlace[][] = [];
  for (const place of places.toSorted((a, b) => a.row - b.row)) {
    const run = all.at(-1);
    const isNear = run && place.row - run.at(-1)!.row <= maxGapRows && place.row - run[0]!.row < maxRunRows;
    if (isNear) run.push(place);
    else all.push([place]);
  }
  return all;
}

function meets(shard: DatasetShard, { from = -Infinity, to = Infinity }: InstantWindow): boolean {
  return shard.start < to && shard.end > from;
}

/** By the bounds that the file gives for the values of the group. */
function mayMatch({ publishedAt, agency }: ShardGroup, filter: DatasetFilter): boolean {
  if (publishedAt && (publishedAt.max < (filter.from ?? -Infinity) || publishedAt.min >= (filter.to ?? Infinity))) {
    return false;
  }
  return !agency || !filter.agency || filter.agency.some((key) => agency.min <= key && key <= agency.max);
}

function isWithin(instant: number, { from = -Infinity, to = Infinity }: InstantWindow): boolean {
  return instant >= from && instant < to;
}

function newestFirst(groups: readonly ShardGroup[]): ShardGroup[] {
  return [...groups].sort((a, b) => (b.publishedAt?.max ?? Infinity) - (a.publishedAt?.max ?? Infinity));
}

function byNewest(a: RowPlace, b: RowPlace): number {
  return b.publishedAt - a.publishedAt || Number(a.uniqueId > b.uniqueId) - Number(a.uniqueId < b.uniqueId);
}
