import {
  createFooterCache,
  type DatasetShard,
  type FooterCache,
  type FooterCacheOptions,
  type UnreadableFile,
} from './dataset-footers.ts';
import { listNewest, type RowPlace } from './dataset-listing.ts';
import { type DatasetRow, datasetColumns } from './dataset-schema.ts';
import { readShardRows, type ShardFooter, type ShardGroup, UnreadableShardError } from './dataset-shards.ts';
import { FileReplacedError } from './dataset-source.ts';

export type { RowPlace } from './dataset-listing.ts';

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

/**
 * Reads a dataset where it lies: of its shards only what may hold the answer. A file that cannot be read is left out, and
 * so are rows without a date.
 */
export interface DatasetQuery {
  /**
   * The row of an id, undefined without one. Where `publishedAt` (microseconds) is right, little more is read than the
   * row; else the ids of all shards, the newest first, which are then known (4 bytes a row) while the shard stands.
   */
  find(uniqueId: string, publishedAt?: number): Promise<DatasetRow | undefined>;
  /** The row of any of some ids, as `find`; of several in one shard, that of the first. */
  findAny(ids: readonly string[], publishedAt?: number): Promise<DatasetRow | undefined>;
  /**
   * The newest rows that match, the newest first, by unique_id where they are as old; of several with the same id or
   * text, the newest. Their `content` is null.
   */
  newest(filter: DatasetFilter, limit: number): Promise<DatasetRow[]>;
  /** The rows of a window, in no order; memory is bounded by the ids of one row group. */
  scan(window: InstantWindow): AsyncGenerator<RowPlace[]>;
  /** The rows that stand at these places, in their order. */
  read(places: readonly RowPlace[]): Promise<DatasetRow[]>;
  /** Files that were left out so far, of those that stand. */
  unreadable(): UnreadableFile[];
}

const allColumns = datasetColumns.map(({ name }) => name);
const columnsButText = allColumns.filter((name) => name !== 'content');
/** Shards whose ids are read at once, while an id is looked for everywhere. */
const searchWidth = 8;

/** Opens a dataset for reading; nothing is asked of its store before the first question. */
export function createDatasetQuery(options: FooterCacheOptions): DatasetQuery {
  const cache = createFooterCache(options);

  const findAny = async (ids: readonly string[], publishedAt?: number) => {
    const all = await cache.shards();
    if (publishedAt !== undefined) {
      const window = { from: publishedAt, to: publishedAt + 1 };
      for (const shard of all.filter((shard) => meets(shard, window))) {
        const row = await findInShard(shard, ids, window);
        if (row) return row;
      }
    }
    for (let start = 0, width = 1; start < all.length; start += width, width = Math.min(searchWidth, width * 2)) {
      const some = all.slice(start, start + width);
      const rows = await Promise.all(some.map((shard) => findInShard(shard, ids, {})));
      const row = rows.find((found) => found !== undefined);
      if (row) return row;
    }
    return undefined;
  };

  const newest = async (filter: DatasetFilter, limit: number) => {
    const listing = {
      shards: (await cache.shards()).filter((shard) => meets(shard, filter)),
      mayMatch: (group: ShardGroup) => mayMatch(group, filter),
      matching: (footer: ShardFooter, group: ShardGroup) => matching(footer, group, filter),
      read: async (places: readonly RowPlace[]) =>
        (await readPlaces(places, columnsButText)).map((row): DatasetRow => ({ ...row, content: null })),
      readTexts: (places: readonly RowPlace[]) => readPlaces(places, ['title', 'content']),
    };
    return await listNewest(listing, limit);
  };

  return {
    find: (uniqueId, publishedAt) => asking(cache, () => findAny([uniqueId], publishedAt)),
    findAny: (ids, publishedAt) => asking(cache, () => findAny(ids, publishedAt)),
    newest: (filter, limit) => asking(cache, () => newest(filter, limit)),
    async *scan(window) {
      for (const shard of (await cache.shards()).filter((shard) => meets(shard, window))) {
        try {
          const footer = await shard.footer();
          for (const group of footer.groups) if (mayMatch(group, window)) yield await matching(footer, group, window);
        } catch (error) {
          if (!(error instanceof UnreadableShardError)) throw error;
          cache.leaveOut(error);
        }
      }
    },
    read: (places) => readPlaces(places, allColumns),
    unreadable: cache.unreadable,
  };
}

/** What goes on in a folder while it is read: more replacements than these, and the answer is an error. */
const maxReplacements = 5;

/** Asks again where a file was replaced meanwhile, or cannot be read and is left out from now on. */
async function asking<T>(cache: FooterCache, question: () => Promise<T>): Promise<T> {
  for (let replaced = 0; ; ) {
    try {
      return await question();
    } catch (error) {
      if (error instanceof UnreadableShardError && cache.leaveOut(error)) continue;
      if (!(error instanceof FileReplacedError) || ++replaced > maxReplacements) throw error;
      cache.refresh();
    }
  }
}

async function findInShard(shard: DatasetShard, ids: readonly string[], window: InstantWindow) {
  const footer = await shard.footer();
  const groups = footer.groups.filter((group) => mayMatch(group, window));
  for (const id of ids) {
    const hash = hashOf(id);
    for (const group of groups) {
      group.idHashes ??= await readIdHashes(footer, group);
      for (let index = group.idHashes.indexOf(hash); index !== -1; index = group.idHashes.indexOf(hash, index + 1)) {
        const row = group.firstRow + index;
        const [fields] = await readShardRows(footer, allColumns, row, row + 1);
        if (fields?.unique_id === id && fields.published_at !== null) return fields;
      }
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

/** Whether a column has one of these values in a group; read once, it is known while the footer is in the cache. */
async function hasValue(
  footer: ShardFooter,
  group: ShardGroup,
  column: keyof DatasetRow,
  values: readonly string[],
): Promise<boolean> {
  group.valuesOf ??= new Map();
  let known = group.valuesOf.get(column);
  if (!known) {
    const rows = await readShardRows(footer, [column], group.firstRow, group.firstRow + group.rowCount);
    known = new Set(rows.map((fields) => fields[column]));
    group.valuesOf.set(column, known);
  }
  return values.some((value) => known.has(value));
}

/** The rows of a group that match, from those columns alone that the filter is about, and that one first. */
async function matching(footer: ShardFooter, group: ShardGroup, filter: DatasetFilter): Promise<RowPlace[]> {
  const themeColumn = filter.theme ? themeColumns[filter.theme.split('.').length - 1] : undefined;
  if (filter.agency && !(await hasValue(footer, group, 'agency', filter.agency))) return [];
  if (filter.theme && themeColumn && !(await hasValue(footer, group, themeColumn, [filter.theme]))) return [];
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

async function readPlaces<Name extends keyof DatasetRow>(
  places: readonly RowPlace[],
  columns: readonly Name[],
): Promise<Pick<DatasetRow, Name>[]> {
  const found = new Map<RowPlace, Pick<DatasetRow, Name>>();
  for (const [shard, inShard] of Map.groupBy(places, (place) => place.shard)) {
    for (const run of runs(inShard)) {
      const first = run[0]!.row;
      const rows = await readShardRows(shard, columns, first, run.at(-1)!.row + 1);
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
