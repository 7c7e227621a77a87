import { PermanentError } from '../../../shared/errors.ts';
import type { ArticleFilter } from '../../../shared/sql/article-filter.ts';
import { saoPauloInstant } from '../../../shared/time.ts';
import { tagKey } from '../../../shared/typesense-schema.ts';

/** Conditions that a document has to meet, all of them; null where none can. */
export type Conditions = readonly string[] | null;

/**
 * The conditions of a filter. Of what a reader may choose, only what is a number, a hash or a known key gets into them: the
 * server compares texts word by word, without case, accents and punctuation, and would find more than was asked for.
 *
 * @param agencies keys of all agencies.
 */
export function conditionsOf(filter: ArticleFilter, agencies: ReadonlyMap<string, string>): Conditions {
  const { agency, theme, tag, hasSummary, from, to } = filter;
  const conditions: string[] = [];
  if (agency) {
    const known = agency.filter((key) => agencies.has(key));
    if (known.length === 0) return null;
    conditions.push(isOneOf('agency', known));
  }
  if (theme !== undefined) {
    if (!/^\d\d(\.\d\d){0,2}$/.test(theme)) return null;
    conditions.push(isOneOf(`theme_1_level_${theme.split('.').length}_code`, [theme]));
  }
  if (tag) {
    if (tag.length === 0) return null;
    conditions.push(isOneOf('tag_keys', tag.map(tagKey)));
  }
  if (hasSummary !== undefined) conditions.push(`has_summary:=${hasSummary}`);
  if (from) conditions.push(`published_at:>=${midnight(from, 0)}`);
  if (to) conditions.push(`published_at:<${midnight(to, 1)}`);
  return conditions;
}

/** The condition that articles had come by then, milliseconds since 1970. */
export function knownBy(instantMs: number): string {
  return `created_at:<=${Math.floor(instantMs / 1000)}`;
}

/** The condition that articles were published by then, milliseconds since 1970. */
export function publishedUntil(instantMs: number): string {
  return `published_at:<=${Math.floor(instantMs / 1000)}`;
}

/**
 * The condition that a field has one of these values, by their words.
 *
 * @throws {PermanentError} for a value that a filter cannot name.
 */
export function isOneOf(field: string, values: readonly string[]): string {
  return `${field}:=[${values.map(literal).join(',')}]`;
}

export function joined(conditions: readonly string[]): { filter_by?: string } {
  return conditions.length > 0 ? { filter_by: conditions.join(' && ') } : {};
}

/** Epoch seconds. */
function midnight(day: string, daysLater: number): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return saoPauloInstant({ year, month, day: date + daysLater }).getTime() / 1000;
}

/**
 * Between backticks all stands for itself but the backtick: an escaped one ends the literal too for the server's parser of
 * expressions, while for its parser of lists the last backslash would escape the closing one.
 *
 * @see https://typesense.org/docs/30.1/api/search.html#filter-parameters
 */
function literal(value: string): string {
  if (value.trim() === '' || value.includes('`') || value.endsWith('\\')) {
    throw new PermanentError(`A Typesense filter cannot name ${JSON.stringify(value)}`);
  }
  return `\`${value}\``;
}
