import type { ExtractedRecord, ListedRecord } from '../../functions/scrape/read/extract.ts';

/** A record for people: a line a field, then the text. */
export function formatRecord({ content, ...fields }: ExtractedRecord): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name.padEnd(17)}${formatValue(value)}`);
  return visible([...lines, '', content].join('\n').trimEnd());
}

/** An entry of a listing for people. */
export function formatEntry({ title, url, date, category, tags }: ListedRecord): string {
  const details = [category, ...tags].filter((text) => text !== null).join(', ');
  return visible(`${(date ?? 'no date').padEnd(27)}${title}\n  ${url}${details === '' ? '' : `\n  ${details}`}`);
}

/** What a site wrote, without what a terminal would obey. */
export function visible(text: string): string {
  return text.replace(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

function formatValue(value: string | string[] | null): string {
  return (Array.isArray(value) ? value.join(', ') : value) || '-';
}
