import { fitsNanoseconds } from '../../shared/dataset-columns.ts';
import { canonicalUrl, legacyId, uniqueId } from '../../shared/identity.ts';
import { identityDate } from '../../shared/time.ts';
import { type AcceptedRow, isLegacyId, type RejectedRow } from './accept-row.ts';
import type { ImportCatalogue } from './catalogue.ts';
import type { Repair } from './repair.ts';
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
  /** Null where the source does not say, nor `published_at` can stand for it: then it is older than any other. */
  extracted_at: number | null;
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
  /** Themes whose code the catalogue has for another one, and whose label it does not have. */
  relabelledThemes: string[];
  unknownAgency?: string;
}

/** Reads a row as an article, with its agency and its themes. */
export function mapRow(row: AcceptedRow | RejectedRow, catalogue: ImportCatalogue): MappedRow {
  const nothing = { repaired: [], namesTheme: false, unknownThemes: [], relabelledThemes: [] };
  if ('rejection' in row) return { ...nothing, rejection: row.rejection };
  const { fields, repaired, contentHash } = row;
  const { unique_id: datasetId, agency, title, url, content } = fields;
  const agencyId = catalogue.agencyId(agency);
  if (agencyId === undefined) return { ...nothing, rejection: 'an unknown agency', unknownAgency: agency };

  const themes: [number | null, number | null, number | null] = [null, null, null];
  const unknownThemes: string[] = [];
  const relabelledThemes: string[] = [];
  const refs = themeRefs(fields);
  for (const ref of refs) {
    const theme = catalogue.theme(ref);
    if (theme) themes[ref.level - 1] = theme.id;
    else if (ref.code !== null && catalogue.hasCode(ref.code)) relabelledThemes.push(themeName(ref));
    else unknownThemes.push(themeName(ref));
  }
  // One of the two is there in every row that is accepted.
  const publishedAt = (fields.published_at ?? fields.extracted_at)!;
  const isLegacy = isLegacyId(datasetId);
  return {
    repaired,
    namesTheme: refs.length > 0,
    unknownThemes,
    relabelledThemes,
    article: {
      dataset_id: datasetId,
      unique_id: isLegacy ? uniqueId(title, datasetId) : datasetId,
      legacy_unique_id: isLegacy ? datasetId : findLegacyId(datasetId, agency, publishedAt, title),
      agency_id: agencyId,
      agency_key: agency,
      published_at: publishedAt,
      published_at_source: fields.published_at === null ? 'first-seen' : 'imported',
      updated_datetime: fields.updated_datetime,
      extracted_at: fields.extracted_at ?? (fitsNanoseconds(publishedAt) ? publishedAt : null),
      title,
      subtitle: fields.subtitle,
      editorial_lead: fields.editorial_lead,
      url,
      canonical_url: canonicalUrl(url),
      content,
      image_url: fields.image,
      video_url: fields.video_url,
      category: fields.category,
      tags: fields.tags ?? [],
      theme_l1_id: themes[0],
      theme_l2_id: themes[1],
      theme_l3_id: themes[2],
      summary: fields.summary,
      content_hash: contentHash,
    },
  };
}

/** Whether a record was extracted after another; one of unknown age was not. */
export function isExtractedAfter(a: Pick<ImportedArticle, 'extracted_at'>, b: Pick<ImportedArticle, 'extracted_at'>) {
  return a.extracted_at !== null && (b.extracted_at === null || a.extracted_at > b.extracted_at);
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
