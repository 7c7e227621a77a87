import type { Collection, Field, StoredDocument } from './typesense-collection.ts';
import { testBoolean, testNumber, testText } from './typesense-filter-value.ts';
import { RefusedError } from './typesense-refused.ts';

export type Test = (document: StoredDocument) => boolean;

const maxOperations = 100;
const unparsable = (detail = '') => new RefusedError(400, `Could not parse the filter query${detail}.`);
const unbalanced = () => unparsable(': unbalanced parentheses');

/**
 * Documents by `filter_by`: comparisons of fields, joined by `&&`, `||` and parentheses; all of them without one.
 *
 * @throws {RefusedError} for a filter that the real server refuses.
 * @see https://typesense.org/docs/30.1/api/search.html#filter-parameters
 */
export function filterDocuments(
  { documents, fields }: Collection,
  filter: string | null | undefined,
): StoredDocument[] {
  if (!filter?.trim()) return [...documents.values()];
  const tokens = tokenize(filter);
  if (tokens.filter((token) => token !== '(' && token !== ')').length > maxOperations) {
    const hint = 'Use `--filter-by-max-ops` command line argument to customize this value.';
    throw new RefusedError(400, `\`filter_by\` has too many operations. Maximum allowed: ${maxOperations}. ${hint}`);
  }
  const test = parseAny(tokens, fields);
  if (tokens.length > 0) throw tokens[0] === ')' ? unbalanced() : unparsable();
  return [...documents.values()].filter(test);
}

/**
 * Parentheses, `&&`, `||`, and what stands between them. Between backticks nothing of this counts; every backtick begins
 * or ends that, one after a backslash too.
 */
function tokenize(filter: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < filter.length) {
    const [character, pair] = [filter[at]!, filter.slice(at, at + 2)];
    if (character === ' ') at++;
    else if (character === '(' || character === ')') tokens.push(filter[at++]!);
    else if (character === '&' || character === '|') {
      if (pair !== '&&' && pair !== '||') throw new RefusedError(400, 'Could not parse the filter filter_query.');
      tokens.push(pair);
      at += 2;
    } else {
      const end = expressionEnd(filter, at);
      tokens.push(filter.slice(at, end).trim());
      at = end;
    }
  }
  return tokens;
}

function expressionEnd(filter: string, start: number): number {
  let isQuoted = false;
  let end = start + 1;
  for (; end < filter.length; end++) {
    if (filter[end] === '`') isQuoted = !isQuoted;
    if (!isQuoted && (/[()]/.test(filter[end]!) || ['&&', '||'].includes(filter.slice(end, end + 2)))) break;
  }
  return end;
}

function parseAny(tokens: string[], fields: readonly Field[]): Test {
  const tests = [parseAll(tokens, fields)];
  while (tokens[0] === '||') {
    tokens.shift();
    tests.push(parseAll(tokens, fields));
  }
  return (document) => tests.some((test) => test(document));
}

function parseAll(tokens: string[], fields: readonly Field[]): Test {
  const tests = [parseOne(tokens, fields)];
  while (tokens[0] === '&&') {
    tokens.shift();
    tests.push(parseOne(tokens, fields));
  }
  return (document) => tests.every((test) => test(document));
}

function parseOne(tokens: string[], fields: readonly Field[]): Test {
  const token = tokens.shift();
  if (token === '(') {
    const test = parseAny(tokens, fields);
    if (tokens.shift() !== ')') throw unbalanced();
    return test;
  }
  const [, name, condition] = /^([^:]*):([\s\S]*)$/.exec(token ?? '')?.map((part) => part.trim()) ?? [];
  if (name === undefined || condition === undefined) throw unparsable();
  const field = fields.find((candidate) => candidate.name === name);
  if (name !== 'id' && !field)
    throw new RefusedError(400, `Could not find a filter field named \`${name}\` in the schema.`);
  if (field?.num_dim) throw new RefusedError(400, `Cannot filter on vector field \`${name}\`.`);
  const empty = () => new RefusedError(400, `Error with filter field \`${name}\`: Filter value cannot be empty.`);
  const [, operator = '', value = ''] = /^(!=|>=|<=|=|>|<|!|)\s*([\s\S]*)$/.exec(condition) ?? [];
  if (value === '') throw empty();
  const values = /^\[[\s\S]*\]$/.test(value) ? splitList(value.slice(1, -1)) : [value];
  const read = (document: StoredDocument) => [document[name] ?? []].flat();
  if (!field) return testId(operator, values.length > 1 ? values : splitList(values[0] ?? ''));
  switch (field.type.replace('[]', '')) {
    case 'string':
      if (/[<>]/.test(operator)) throw unparsable();
      return testText(read, operator, values);
    case 'bool':
      return testBoolean(name, read, operator, values);
    default:
      return testNumber(field, read, operator, values);
  }
}

function testId(operator: string, ids: readonly string[]): Test {
  const test: Test = ({ id }) => ids.includes(id) || ids.includes('*');
  return operator === '!=' ? (document) => !test(document) : test;
}

/** At commas outside of backticks, which are taken away; one after a backslash stays, as a backtick, and the backslash too. */
function splitList(text: string): string[] {
  const items: string[] = [];
  let item = '';
  let isQuoted = false;
  for (const [at, character] of [...text].entries()) {
    const isEscaped = at > 0 && text[at - 1] === '\\';
    if (character === '`' && !isEscaped) isQuoted = !(isQuoted && item !== '');
    else if (character === ',' && !isQuoted) {
      items.push(item.trim());
      item = '';
    } else item += character;
  }
  return item === '' ? items : [...items, item.trim()];
}
