import type { CheerioAPI } from 'cheerio/slim';
import { type ParsedDate, parseBrazilianDate, parseIsoDate } from '../../../../shared/time.ts';
import { type AnyNode, ancestorOf, collapse, type Element, isElement, textOf } from '../../html.ts';
import type { Published } from '../extractor.ts';
import { unlessUnset } from '../fields.ts';
import { stringOf } from '../json.ts';
import { newsArticleDates } from '../json-ld.ts';
import type { Metadata } from './metadata.ts';

const PUBLISHED = [
  'article:published_time',
  'datepublished',
  'og:published_time',
  'parsely-pub-date',
  'publish-date',
  'pubdate',
  'dc.date.issued',
  'dc.date.created',
  'dcterms.created',
  'dc.date',
  'date',
];
const MODIFIED = ['article:modified_time', 'datemodified', 'og:updated_time', 'dc.date.modified', 'dcterms.modified'];
const UPDATE_LABEL = /atualizad|modificad|última (?:atualização|modificação)|updated|modified|actualizado/i;

/** Names of months, long and short, to their numbers. */
const MONTHS = new Map(
  ['pt-BR', 'es', 'en'].flatMap((language) =>
    (['long', 'short'] as const).flatMap((month) => {
      const format = new Intl.DateTimeFormat(language, { month, timeZone: 'UTC' });
      return Array.from({ length: 12 }, (_, index) => {
        const name = format
          .format(Date.UTC(2000, index, 15))
          .replace('.', '')
          .toLowerCase();
        return [name, index + 1] as const;
      });
    }),
  ),
);
const DAY_FIRST =
  /(?<!\d)(\d{1,2})(?:º|ª|st|nd|rd|th)?[ ]?(?:de[ ])?[ ]?(\p{L}{3,12})\.?,?[ ](?:de[ ])?(\d{4})(?!\d)/iu;
const MONTH_FIRST = /(?<!\p{L})(\p{L}{3,12})\.?[ ](\d{1,2})(?:st|nd|rd|th)?,?[ ](\d{4})(?!\d)/iu;
const WITH_DOTS = /(?<!\d)(\d{1,2})[.-](\d{1,2})[.-](\d{4})(?!\d)/;

/** The text with its first date as Brazilians write it in numbers, what follows unchanged. */
function inNumbers(text: string): string | null {
  const dayFirst = DAY_FIRST.exec(text);
  const monthFirst = dayFirst ? null : MONTH_FIRST.exec(text);
  const found = dayFirst ?? monthFirst;
  const [, first, second, year] = found ?? [];
  const [day, name] = dayFirst ? [first, second] : [second, first];
  const month = MONTHS.get(name?.toLowerCase() ?? '');
  if (found && month !== undefined) return `${day}/${month}/${year}${text.slice(found.index + found[0].length)}`;
  const dotted = WITH_DOTS.exec(text);
  return dotted && `${dotted[1]}/${dotted[2]}/${dotted[3]}${text.slice(dotted.index + dotted[0].length)}`;
}

/** The first date of a short text: in numbers, or with the name of a month in Portuguese, Spanish or English. */
export function parseWrittenDate(text: string): ParsedDate | null {
  const line = collapse(text).trim();
  const words = inNumbers(line);
  return unlessUnset(parseBrazilianDate(line) ?? parseIsoDate(line) ?? (words ? parseBrazilianDate(words) : null));
}

/** What a line that only dates a text holds beside the date. */
const DATE_WORDS =
  /(?<!\p{L})(?:publicad[oa]|atualizad[oa]|criad[oa]|modificad[oa]|postad[oa]|última atualização|publicado|actualizado|published|updated|modified|posted|original|created|last|first|date|data|em|on|at|às|as|a|de|do|the|el|by|am|pm|a\.m|p\.m|h|min|gmt|utc|brt|e[sd]?t|c[sd]?t|m[sd]?t|p[sd]?t|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|segunda|terça|quarta|quinta|sexta|feira|sábado|domingo)(?!\p{L})/giu;

/** Whether a line is nothing but dates and what they are of. */
export function isDateLine(text: string): boolean {
  if (text.length > 200 || !/\d{4}/.test(text)) return false;
  const months = (name: string) => (MONTHS.has(name.toLowerCase()) ? '' : name);
  const rest = text.replace(DATE_WORDS, '').replace(/\p{L}+/gu, months);
  return !/\p{L}/u.test(rest) && parseWrittenDate(text) !== null;
}

const RFC_822 = /^(?:[a-z]{3},?\s+)?\d{1,2}\s+[a-z]{3}\s+\d{4}\s+\d{1,2}:\d{2}(?::\d{2})?\s+(?:[+-]\d{4}|[a-z]{1,4})$/i;

/** A date as feeds and metadata carry it: RFC 822, ISO 8601, or any form that people write. */
export function parseMachineDate(text: string): ParsedDate | null {
  const value = text.trim();
  const time = RFC_822.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(time)) return unlessUnset({ instant: new Date(time), hasTime: true });
  return value.length > 100 ? null : (unlessUnset(parseIsoDate(value)) ?? parseWrittenDate(value));
}

function firstDate(texts: readonly string[]): Date | null {
  for (const text of texts) {
    const date = parseMachineDate(text);
    if (date) return date.instant;
  }
  return null;
}

/** Elements that hold nothing but a date and what belongs to it; a sentence with a date in it is longer. */
const MAX_DATE_LINE_LENGTH = 120;
/** A date further from the headline belongs to something else. */
const MAX_DISTANCE = 60;

/** What stands around the headline: the elements that follow it first, then those just before it. */
function around($: CheerioAPI, headline: Element): Element[] {
  const all = $<Element, string>('*').toArray();
  const index = all.indexOf(headline);
  const after = all.slice(index + 1, index + MAX_DISTANCE);
  return [...after, ...all.slice(Math.max(0, index - 15), index).reverse()];
}

function ownText(element: Element): string {
  const nodes: AnyNode[] = element.children.filter((child) => child.type === 'text' || isInline(child));
  return textOf(nodes);
}

function isInline(node: AnyNode): boolean {
  return isElement(node) && /^(?:span|b|strong|i|em|small|time|a|abbr)$/.test(node.name);
}

function visibleDates($: CheerioAPI, headline: Element | null): { published: Date | null; updated: Date | null } {
  const result: { published: Date | null; updated: Date | null } = { published: null, updated: null };
  if (!headline) return result;
  for (const element of around($, headline)) {
    const text = ownText(element);
    const isTime = element.name === 'time' && element.attribs.datetime !== undefined;
    if (!isTime && (text === '' || text.length > MAX_DATE_LINE_LENGTH || !/\d{4}/.test(text))) continue;
    if (ancestorOf(element, ({ name }) => name === 'aside' || name === 'nav')) continue;
    const written = isTime ? parseMachineDate(element.attribs.datetime ?? '') : null;
    const label = text.search(UPDATE_LABEL);
    // "Publicado em A, atualizado em B" is one line.
    const [published, updated] = label === -1 ? [text, ''] : [text.slice(0, label), text.slice(label)];
    result.updated ??= updated === '' ? null : ((written ?? parseWrittenDate(updated))?.instant ?? null);
    result.published ??= label !== -1 && isTime ? null : ((written ?? parseWrittenDate(published))?.instant ?? null);
    if (result.published && result.updated) break;
  }
  return result;
}

/** JSON-LD, metadata, then what a reader sees near the headline. */
export function datesOf(
  $: CheerioAPI,
  { meta, article }: Metadata,
  headline: Element | null,
): { published: Published | null; updated: Date | null } {
  const broken = newsArticleDates($);
  const jsonLd = firstDate([stringOf(article.datePublished)]) ?? broken.published;
  const times = $('time[itemprop~="datePublished"], time[pubdate]').map((_, { attribs }) => attribs.datetime ?? '');
  const visible = visibleDates($, headline);
  const onPage = firstDate([...PUBLISHED.flatMap(meta), ...times.get()]) ?? visible.published;
  const published: Published | null = jsonLd
    ? { instant: jsonLd, source: 'json-ld' }
    : onPage && { instant: onPage, source: 'page' };
  const updated =
    firstDate([stringOf(article.dateModified), ...MODIFIED.flatMap(meta)]) ?? broken.modified ?? visible.updated;
  return { published, updated };
}
