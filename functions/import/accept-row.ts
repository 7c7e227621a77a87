import type { ShardRow } from '../../shared/dataset-reader.ts';
import type { DatasetRow } from '../../shared/dataset-schema.ts';
import { contentHash as hashContent } from '../../shared/identity.ts';
import { type Repair, withoutRepeatedTitle, withoutShareBlocks } from './repair.ts';

/** A row that can be an article once its agency is known: repaired, and with all that an article needs. */
export interface AcceptedRow {
  fields: DatasetRow & AcceptedFields;
  contentHash: string | null;
  repaired: Repair[];
}

interface AcceptedFields {
  unique_id: string;
  agency: string;
  title: string;
  url: string;
}

/** Why a row cannot be an article. */
export interface RejectedRow {
  rejection: string;
}

const LEGACY_ID = /^[0-9a-f]{32}$/;
const OWN_ID = /^[\w-]{1,100}_[0-9a-f]{6,19}$/;
const maxCategoryLength = 500;
/** An entry of an index holds 2,704 bytes, the agency among them. */
const maxUrlBytes = 2_400;

/** Whether an id of the dataset is an MD5 of the old data. */
export function isLegacyId(id: string): boolean {
  return LEGACY_ID.test(id);
}

/** Checks and repairs a row, without the catalogue. */
export function acceptRow(row: ShardRow, repairs: ReadonlySet<Repair>): AcceptedRow | RejectedRow {
  const repaired: Repair[] = [];
  if (row.unreadable.length > 0) return { rejection: `unreadable ${row.unreadable.join(', ')}` };

  const hasNul = holdsNul(row.fields);
  if (hasNul && !repairs.has('nul-characters')) return { rejection: 'a NUL character' };
  if (hasNul) repaired.push('nul-characters');
  const fields = hasNul ? withoutNul(row.fields) : row.fields;
  const { unique_id, agency, title, url } = fields;

  if (!unique_id || !(isLegacyId(unique_id) || OWN_ID.test(unique_id))) return { rejection: 'no usable unique_id' };
  if (!title?.trim()) return { rejection: 'no title' };
  if (!url?.trim()) return { rejection: 'no url' };
  if (Buffer.byteLength(url) > maxUrlBytes) return { rejection: `a url over ${maxUrlBytes} bytes` };
  if ((fields.published_at ?? fields.extracted_at) === null) {
    return { rejection: 'neither published_at nor extracted_at' };
  }
  if (!agency) return { rejection: 'no agency' };

  let { content, category } = fields;
  const repairText = (repair: Repair, mend: (text: string) => string) => {
    if (content === null || !repairs.has(repair)) return;
    const mended = mend(content);
    if (mended !== content) repaired.push(repair);
    content = mended;
  };
  repairText('titles', (text) => withoutRepeatedTitle(text, title));
  repairText('share-blocks', withoutShareBlocks);

  if (category && category.length > maxCategoryLength) {
    if (!repairs.has('long-categories')) return { rejection: `a category over ${maxCategoryLength} characters` };
    category = category.slice(0, maxCategoryLength).toWellFormed();
    repaired.push('long-categories');
  }
  const contentHash = hashContent(title, content);
  return { repaired, contentHash, fields: { ...fields, unique_id, agency, title, url, content, category } };
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
