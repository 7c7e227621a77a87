import { type Collection, type Field, type Refusal, refusal, type StoredDocument } from './typesense-collection.ts';

type Test = (document: StoredDocument) => boolean;

/** What the real server answers to a request that it cannot do. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(code: number, error: string) {
    super(error);
    this.refusal = refusal(error, code);
  }
}

const unparsable = () => new RefusedError(400, 'Could not parse the filter query.');
const integers = ['int32', 'int64'];

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
  const test = parseAny(tokens, fields);
  if (tokens.length > 0) throw unparsable();
  return [...documents.values()].filter(test);
}

/** Parentheses, `&&`, `||`, and what stands between them; a value in backticks or brackets stays whole. */
function tokenize(filter: string): string[] {
  const tokens = filter.match(/&&|\|\||[()]|(?:`[^`]*`|\[[^\]]*\]|(?!&&|\|\|)[^()`[])+/g) ?? [];
  return tokens.map((token) => token.trim()).filter(Boolean);
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
    if (tokens.shift() !== ')') throw unparsable();
    return test;
  }
  const [, name, operator, value] = /^([\w.]+)\s*:\s*(!=|>=|<=|=|>|<|!|)\s*(\S[\s\S]*)$/.exec(token ?? '') ?? [];
  if (name === undefined || value === undefined) throw unparsable();
  const values = /^\[.*\]$/s.test(value) ? splitList(value.slice(1, -1)) : [value];
  const unquoted = values.map((item) => item.trim().replace(/^`([\s\S]*)`$/, '$1'));
  if (name === 'id') return testText((document) => [document.id], operator!, unquoted);
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) throw new RefusedError(404, `Could not find a filter field named \`${name}\` in the schema.`);
  if (field.num_dim) throw new RefusedError(404, `Cannot filter on vector field \`${name}\`.`);
  const read = (document: StoredDocument) => {
    const stored = document[name];
    return stored === undefined ? [] : Array.isArray(stored) ? stored : [stored];
  };
  const type = field.type.replace('[]', '');
  if (type === 'string') return testText(read, operator!, unquoted);
  if (type === 'bool') return testBoolean(field, read, operator!, unquoted);
  return testNumber(field, read, operator!, unquoted);
}

/** At commas outside of backticks. */
function splitList(text: string): string[] {
  return text.match(/(?:`[^`]*`|[^,`])+/g) ?? [];
}

const words = (text: unknown) => fold(String(text)).match(/[\p{L}\p{N}]+/gu) ?? [];

/** Lower case, without accents: as the server's default tokenizer folds a word. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** `:=` is the whole value, `:` words of it in their order; `!` turns it. */
function testText(read: (document: StoredDocument) => unknown[], operator: string, values: readonly string[]): Test {
  if (['>', '<', '>=', '<='].includes(operator)) throw unparsable();
  const isExact = operator.endsWith('=');
  const has = (stored: unknown, value: string) =>
    isExact
      ? fold(String(stored)) === fold(value)
      : ` ${words(stored).join(' ')} `.includes(` ${words(value).join(' ')} `);
  const test: Test = (document) => read(document).some((stored) => values.some((value) => has(stored, value)));
  return operator.startsWith('!') ? (document) => !test(document) : test;
}

function testBoolean(
  { name }: Field,
  read: (document: StoredDocument) => unknown[],
  operator: string,
  values: readonly string[],
): Test {
  if (values.some((value) => value !== 'true' && value !== 'false')) {
    throw new RefusedError(400, `Value of filter field \`${name}\`: ${values[0]} is not a bool.`);
  }
  const test: Test = (document) => read(document).some((stored) => values.includes(String(stored)));
  return operator.startsWith('!') ? (document) => !test(document) : test;
}

function testNumber(
  { name, type }: Field,
  read: (document: StoredDocument) => unknown[],
  operator: string,
  values: readonly string[],
): Test {
  const kind = type.replace('[]', '');
  const toNumber = (text: string) => {
    const isNumber = integers.includes(kind) ? /^-?\d+$/.test(text) : /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
    if (isNumber) return Number(text);
    throw new RefusedError(400, `Error with filter field \`${name}\`: Not ${kind === 'float' ? 'a' : 'an'} ${kind}.`);
  };
  const tests = values.map((value): ((stored: number) => boolean) => {
    const [from, to, ...rest] = value.split('..');
    if (to !== undefined) {
      if (rest.length > 0) throw unparsable();
      const [low, high] = [toNumber(from!.trim()), toNumber(to.trim())];
      return (stored) => stored >= low && stored <= high;
    }
    const bound = toNumber(value);
    if (operator === '>=') return (stored) => stored >= bound;
    if (operator === '<=') return (stored) => stored <= bound;
    if (operator === '>') return (stored) => stored > bound;
    if (operator === '<') return (stored) => stored < bound;
    return (stored) => stored === bound;
  });
  const test: Test = (document) => read(document).some((stored) => tests.some((matches) => matches(Number(stored))));
  return operator.startsWith('!') ? (document) => !test(document) : test;
}
