import { escapeHtml, webUrl } from '../html.ts';
import { isRecord, type JsonRecord, stringOf } from './json.ts';
import { richText } from './volto-slate.ts';

/** The address that readers see, without the one of the API. */
export function publicUrl(id: unknown): string {
  return stringOf(id).replace('/++api++', '');
}

/** What the site says of a picture's sizes: a list, or a list by field. */
function scalesOf({ image_scales: scales }: JsonRecord): JsonRecord | undefined {
  const records = [scales].flat().filter(isRecord);
  return records.flatMap((record) => ('download' in record ? record : Object.values(record).flat())).find(isRecord);
}

/** The view of an image object that is the picture itself. */
function viewOf(objectUrl: string, scales: JsonRecord | undefined): string {
  const download = stringOf(scales?.download);
  if (/^https?:/.test(download)) return download;
  return `${objectUrl.replace(/\/$/, '')}/${download || '@@images/image'}`;
}

/** The picture that a document is announced with: its own, or an image of the site it refers to. */
export function leadImage(document: JsonRecord, url: string): string | null {
  const { image, preview_image: preview, preview_image_link: link } = document;
  const own = [image, preview].map((field) => (isRecord(field) ? publicUrl(field.download) : ''));
  const id = isRecord(link) ? stringOf(link['@id']) : '';
  const linked = isRecord(link) && id !== '' ? publicUrl(viewOf(id, scalesOf(link))) : '';
  const address = [...own, linked].find((text) => text !== '');
  return webUrl(address, `${url}/`);
}

/** A picture alone, or nothing where a block has none. */
export function pictureHtml(block: JsonRecord): string {
  const [reference] = [block.url].flat();
  const address = (isRecord(reference) ? stringOf(reference['@id']) : stringOf(reference)).replace(/\/$/, '');
  if (address === '') return '';
  // A block points at an image object of the site; the picture itself is a view of it.
  const isObject =
    !address.includes('/@@') && !(/^https?:/.test(address) && !/^https?:\/\/[^/]*gov\.br\//.test(address));
  const url = isObject ? viewOf(address, scalesOf(block)) : address;
  return `<p><img src="${escapeHtml(url)}" alt="${escapeHtml(stringOf(block.alt))}"></p>`;
}

/** A picture with what is written below it, whose it is included. */
export function imageBlock(block: JsonRecord): string {
  const picture = pictureHtml(block);
  if (picture === '') return '';
  const caption = richText(block.caption) || richText(block.description);
  const credits = [block.credit, block.credits, block.copyright, block.rights].map(richText);
  return picture + caption + (credits.find((text) => text !== '' && text !== caption) ?? '');
}
