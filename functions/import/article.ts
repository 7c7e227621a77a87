import type { ShardRow } from '../../shared/dataset-reader.ts';
import type { DatasetRow } from '../../shared/dataset-schema.ts';
import { canonicalUrl, contentHash, legacyId, uniqueId } from '../../shared/identity.ts';
import { identityDate } from '../../shared/time.ts';
import type { ImportCatalogue } from './catalogue.ts';
import { type Repair, withoutRepeatedTitle, withoutShareBlocks } from './repair.ts';
import { type ThemeRef, themeRefs } from './theme-refs.ts';

/** A row of the dataset as an article: the names are those of `news`. Instants are microseconds since 1970. */
export interface ImportedArticle {
  /** As the dataset has it: an MD5 in the old data, a unique_id in ours. */
  dataset_id: string;
  unique_id: string;
  legacy_unique_id: string | null;
  agency_id: number;
  agency_key: string;
  published_at: number;
  published_at_source: 'imported' | 'first-seen';
  updated_datetime: number | null;
  extracted_at: number;
  title: string;
  subtitle: string | null;
  editorial_lead: string | null;
  url: string;
  canonical_url: string | null;
  content: string | null;
  image_url: string | null;
  video_url: string | null;
  category: string | null;
  tags: string[];
  theme_l1_id: number | null;
  theme_l2_id: number | null;
  theme_l3_id: number | null;
  summary: string | null;
  content_hash: string | null;
}

/** What becomes of a row. */
export interface MappedRow {
  /** Undefined when the row cannot be an article, and `rejection` says why. */
  article?: ImportedArticle;
  rejection?: string;
  repaired: Repair[];
  /** Whether the row names any theme. */
  namesTheme: boolean;
  /** Themes that the catalogue does not have: `01.02 Finanças`. */
  unknownThemes: string[];
  unknownAgency?: string;
}

export interface MapContext {
  catalogue: ImportCatalogue;
  repairs: ReadonlySet<Repair>;
}

const LEGACY_ID = /^[0-9a-f]{32}$/;
const OWN_ID = /^[\w-]{1,100}_[0-9a-f]{6,19}$/;
const maxCategoryLength = 500;
/** An entry of an index holds 2,704 bytes, the agency among them. */
const maxUrlBytes = 2_400;

/** Reads a row as an article: repaired, with its agency and its themes. */
export function mapRow(row: ShardRow, { catalogue, repairs }: MapContext): MappedRow {
  const repaired: Repair[] = [];
  const unknownThemes: string[] = [];
  const reject = (rejection: string): MappedRow => ({ rejection, repaired: [], namesTheme: false, unknownThemes: [] });
  if (row.unreadable.length > 0) return reject(`unreadable ${row.unreadable.join(', ')}`);

  const hasNul = holdsNul(row.fields);
  if (hasNul && !repairs.has('nul-characters')) return reject('a NUL character');
  if (hasNul) repaired.push('nul-characters');
  const fields = hasNul ? withoutNul(row.fields) : row.fields;
  const { unique_id: datasetId, agency, title, url } = fields;

  if (!datasetId || !(LEGACY_ID.test(datasetId) || OWN_ID.test(datasetId))) return reject('no usable unique_id');
  if (!title?.trim()) return reject('no title');
  if (!url?.trim()) return reject('no url');
  if (Buffer.byteLength(url) > maxUrlBytes) return reject(`a url over ${maxUrlBytes} bytes`);
  const publishedAt = fields.published_at ?? fields.extracted_at;
  if (publishedAt === null) return reject('neither published_at nor extracted_at');
  if (!agency) return reject('no agency');
  const agencyId = catalogue.agencyId(agency);
  if (agencyId === undefined) return { ...reject('an unknown agency'), unknownAgency: agency };

  let content = fields.content;
  const repairText = (repair: Repair, mend: (text: string) => string) => {
    if (content === null || !repairs.has(repair)) return;
    const mended = mend(content);
    if (mended !== content) repaired.push(repair);
    content = mended;
  };
  repairText('titles', (text) => withoutRepeatedTitle(text, title));
  repairText('share-blocks', withoutShareBlocks);

  let { category } = fields;
  if (category && category.length > maxCategoryLength) {
    if (!repairs.has('long-categories')) return reject(`a category over ${maxCategoryLength} characters`);
    category = category.slice(0, maxCategoryLength).toWellFormed();
    repaired.push('long-categories');
  }

  const themes: [number | null, number | null, number | null] = [null, null, null];
  const refs = themeRefs(fields);
  for (const ref of refs) {
    const theme = catalogue.theme(ref);
    if (theme) themes[ref.level - 1] = theme.id;
    else unknownThemes.push(themeName(ref));
  }
  const isLegacy = LEGACY_ID.test(datasetId);
  return {
    repaired,
    namesTheme: refs.length > 0,
    unknownThemes,
    article: {
      dataset_id: datasetId,
      unique_id: isLegacy ? uniqueId(title, datasetId) : datasetId,
      legacy_unique_id: isLegacy ? datasetId : findLegacyId(datasetId, agency, publishedAt, title),
      agency_id: agencyId,
      agency_key: agency,
      published_at: publishedAt,
      published_at_source: fields.published_at === null ? 'first-seen' : 'imported',
      updated_datetime: fields.updated_datetime,
      extracted_at: fields.extracted_at ?? publishedAt,
      title,
      subtitle: fields.subtitle,
      editorial_lead: fields.editorial_lead,
      url,
      canonical_url: canonicalUrl(url),
      content,
      image_url: fields.image,
      video_url: fields.video_url,
      category,
      tags: fields.tags ?? [],
      theme_l1_id: themes[0],
      theme_l2_id: themes[1],
      theme_l3_id: themes[2],
      summary: fields.summary,
      content_hash: contentHash(title, content),
    },
  };
}

/** The legacy id of an article of ours: of the two ways to make one, that which its unique_id ends with. */
function findLegacyId(uniqueIdOfOurs: string, agency: string, publishedAt: number, title: string): string | null {
  const suffix = uniqueIdOfOurs.slice(uniqueIdOfOurs.lastIndexOf('_') + 1);
  const instant = identityDate(new Date(Math.floor(publishedAt / 1000)));
  const ids = [instant, instant.slice(0, 10)].map((date) => legacyId(agency, date, title));
  return ids.find((id) => id.startsWith(suffix)) ?? null;
}

function themeName({ code, label }: ThemeRef): string {
  return [code, label].filter((part) => part !== null).join(' ');
}

function holdsNul(fields: DatasetRow): boolean {
  return Object.values(fields).some((value) =>
    Array.isArray(value)
      ? value.some((item) => item.includes('\0'))
      : typeof value === 'string' && value.includes('\0'),
  );
}

function withoutNul(fields: DatasetRow): DatasetRow {
  const strip = (text: string) => text.replaceAll('\0', '');
  const entries = Object.entries(fields).map(([name, value]) => {
    if (Array.isArray(value)) return [name, value.map(strip)];
    return [name, typeof value === 'string' ? strip(value) : value];
  });
  return Object.fromEntries(entries) as DatasetRow;
}
