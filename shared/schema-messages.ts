import type { z } from 'zod';

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a set of named fields',
  record: 'a set of named fields',
};

const formats: Record<string, string> = {
  url: 'a URL',
  date: 'a day that exists, as YYYY-MM-DD',
  datetime: 'an instant such as 2025-01-31T12:00:00-03:00',
};

/** What a schema refused, on one line: `limit: must be at least 1; from: is missing`. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message)).join('; ');
}

/**
 * What is wrong with a value, in words that follow its name. To be given to a schema as `parse(value, { error:
 * plainMessage })`: a message that the schema itself gives wins.
 */
export function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return mustReach(issue, issue.inclusive ? 'at least' : 'more than', issue.minimum);
    case 'too_big':
      return mustReach(issue, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      if (issue.note === 'Invalid protocol') return `must be a URL with the protocol ${protocolOf(issue.pattern)}`;
      return `must be ${formats[issue.format] ?? `of the form ${issue.pattern ?? issue.format}`}`;
    case 'unrecognized_keys':
      return `holds ${issue.keys.map((key) => `"${key}"`).join(', ')}, which is not known here`;
    case 'invalid_key':
      return issue.issues[0]?.message;
    case 'invalid_union':
      return [...new Set(issue.errors.map(([first]) => first?.message))].join(', or ') || undefined;
    default:
      return undefined;
  }
}

function protocolOf(pattern: unknown): string {
  return String(pattern).replace(/^\^|\$$/g, '');
}

function mustReach(issue: { origin: string; exact?: boolean }, relation: string, bound: number | bigint): string {
  const unit = { string: 'characters', array: 'items', set: 'items', map: 'entries' }[issue.origin];
  if (relation === 'at least' && bound === 1 && unit) return 'must not be empty';
  const amount = `${issue.exact ? 'exactly' : relation} ${bound}`;
  return unit ? `must have ${amount} ${unit}` : `must be ${amount}`;
}
