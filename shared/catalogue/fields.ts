import { z } from 'zod';
import { platforms } from '../platform.ts';

// Every scalar arrives as text (see YamlFile), a missing one as ''.
const isBlank = (value: unknown) => value === undefined || value === null || value === '';

function optional<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (value) => (isBlank(value) || value === 'null' || value === '~' ? null : value),
    schema.nullable(),
  );
}

/** Text on one line, in composed Unicode, never empty; Postgres takes no NUL. */
export const text = z
  .string()
  .transform((value) => value.normalize('NFC').replace(/\s+/g, ' ').trim())
  .pipe(
    z
      .string()
      .min(1, 'is empty')
      .regex(/^\P{Cc}*$/u, 'holds a control character'),
  );
export const optionalText = optional(text);

/** Identity of an agency, as on www.gov.br. */
export const agencyKey = z
  .string()
  .regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'must be a key such as "trabalho-e-emprego"');
export const optionalAgencyKey = optional(agencyKey);

export const optionalWebUrl = optional(z.url({ protocol: /^https?$/, error: 'must be a web address' }));

/** First page of a listing; one spelling of an address is one source. */
export const listingUrl = z
  .url({ protocol: /^https$/, error: 'must be an https address' })
  .transform((value) => new URL(value))
  .refine((url) => !url.search && !url.hash, 'must have neither a query nor a fragment')
  .refine((url) => !url.username && !url.password && !url.port, 'must have neither credentials nor a port')
  .transform((url) => url.href.replace(/\/+$/, ''));

/** The same, of a source to be scraped. */
export const sourceUrl = listingUrl.refine(
  (url) => /\.[a-z]+$/i.test(new URL(url).hostname),
  'must name a public host, not an address',
);

export const optionalPlatform = optional(z.enum(platforms));

/** As YAML 1.1 writes it too, which Python reads. */
export const optionalFlag = optional(
  z
    .string()
    .regex(/^(?:true|false|yes|no|on|off)$/i, 'must be true or false')
    .transform((value) => /^(?:true|yes|on)$/i.test(value)),
);

/** A day is taken as its first instant in Brasília. */
export const optionalInstant = optional(
  z
    .union([
      z.iso.date().transform((value) => new Date(`${value}T00:00:00-03:00`)),
      z.iso.datetime({ offset: true }).transform((value) => new Date(value)),
    ])
    .refine((value) => !Number.isNaN(value.getTime()), 'must be a day or an instant that exists'),
);

/** A list; a missing one is empty. */
export function list<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => (isBlank(value) ? [] : value), z.array(item));
}

/** A map; a missing one is empty. */
export function map<T extends z.ZodType>(key: z.ZodType<string, string>, value: T) {
  return z.preprocess((content) => (isBlank(content) ? {} : content), z.record(key, value));
}
