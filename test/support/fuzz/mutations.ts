import fc from 'fast-check';
import { parseDocument } from 'htmlparser2';
import { noise, value } from './noise.ts';

/** A page does not grow beyond this: the limits of pages are for tests of their own, and 10,000 cases for all of CI. */
const MAX_LENGTH = 100_000;

/** One change of a text, wherever `at` and `to` (parts of a million) say; pure, so that a case can be run again. */
export interface Mutation {
  kind: string;
  at: number;
  to: number;
  count: number;
  noise: string;
  value: string;
}

/** None of them is the date of any news. */
const DATES = [
  '31/02/2026 25h61',
  '99/99/9999 99h99',
  '31/12/9999 23h59',
  '00/00/0000',
  '2026-02-31T25:61:61Z',
  '9999-12-31T23:59:59-12:00',
  '0000-00-00',
  '1969-12-31T00:00:00+00:00',
  '2026-01-10T10:00:00+99:99',
];
const NAMES = 'p div span a li ul table tr td h1 h2 blockquote pre script style iframe img br form article b'.split(
  ' ',
);
const MILLION = 1_000_000;

function place(length: number, part: number): number {
  return Math.floor((length * part) / MILLION);
}

function splice(text: string, start: number, end: number, middle: string): string {
  return text.slice(0, start) + middle + text.slice(end);
}

/** Start and end of what the mutation is about; slices are short, or there would be nothing left to read. */
function range({ length }: string, { at, to }: Mutation): [start: number, end: number] {
  const start = place(length, at);
  return [start, Math.min(length, start + place(2000, to))];
}

function matches(text: string, pattern: RegExp): RegExpExecArray[] {
  return [...text.matchAll(pattern)];
}

/** Replaces the match that `at` picks. */
function atMatch(text: string, pattern: RegExp, { at }: Mutation, replace: (match: RegExpExecArray) => string): string {
  const found = matches(text, pattern);
  const match = found[place(found.length, at)];
  return match ? splice(text, match.index, match.index + match[0].length, replace(match)) : text;
}

const TAG = /<\/?[a-zA-Z][^<>]*>/g;
const ATTRIBUTE = /\s([\w:-]+)=("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)/g;

/** Where the elements of a text stand in it, with what their tags enclose. */
function subtrees(text: string): [start: number, end: number][] {
  const found: [number, number][] = [];
  const collect = (nodes: ReturnType<typeof parseDocument>['children']) => {
    for (const node of nodes) {
      if (!('children' in node)) continue;
      if ('attribs' in node) found.push([node.startIndex!, node.endIndex! + 1]);
      collect(node.children as typeof nodes);
    }
  };
  collect(parseDocument(text, { withStartIndices: true, withEndIndices: true }).children);
  return found;
}

function atSubtree(text: string, { at }: Mutation, replace: (subtree: string) => string): string {
  const found = subtrees(text);
  const [start, end] = found[place(found.length, at)] ?? [0, 0];
  return splice(text, start, end, replace(text.slice(start, end)));
}

/** As often as asked for and as the length allows. */
function repeated(text: string, count: number): string {
  return text.repeat(Math.max(1, Math.min(count, Math.floor(MAX_LENGTH / (text.length + 1)))));
}

function swapped(text: string, ranges: readonly (readonly [number, number])[]): string {
  const [first, second] = ranges.toSorted(([a], [b]) => a - b);
  if (!first || !second || second[0] < first[1]) return text;
  return [
    text.slice(0, first[0]),
    text.slice(...second),
    text.slice(first[1], second[0]),
    text.slice(...first),
    text.slice(second[1]),
  ].join('');
}

const DATE = /\d{4}-\d\d-\d\d[\dT:.Z+-]*|\d\d\/\d\d\/\d{4}(?: -)? ?(?:\d\d[h:]\d\d)?/g;

/** Mutations of any text. */
const BYTES: Record<string, (text: string, mutation: Mutation) => string> = {
  truncate: (text, { at }) => text.slice(0, place(text.length, at)),
  behead: (text, { at }) => text.slice(place(text.length, at / 4)),
  cut: (text, mutation) => splice(text, ...range(text, mutation), ''),
  double: (text, mutation) => {
    const [start, end] = range(text, mutation);
    return splice(text, end, end, text.slice(start, end));
  },
  insert: (text, mutation) => {
    const start = place(text.length, mutation.at);
    return splice(text, start, start, mutation.noise);
  },
  flood: (text, mutation) => {
    const start = place(text.length, mutation.at);
    return splice(text, start, start, repeated(mutation.noise, mutation.count));
  },
  flip: (text, { at, to }) => {
    const start = place(text.length, at);
    return splice(text, start, start + 1, String.fromCharCode((text.charCodeAt(start) || 0) ^ (1 << place(16, to))));
  },
  'change a date': (text, mutation) => atMatch(text, DATE, mutation, () => DATES[place(DATES.length, mutation.to)]!),
  sprinkle: (text, { noise: grain, count }) => {
    const step = Math.ceil(text.length / Math.min(count + 1, 200)) || 1;
    return (text.match(new RegExp(`[\\s\\S]{1,${step}}`, 'g')) ?? []).join(grain.slice(0, 20));
  },
};

const MARKUP: typeof BYTES = {
  ...BYTES,
  'drop a tag': (text, mutation) => atMatch(text, TAG, mutation, () => ''),
  'open a tag': (text, mutation) => atMatch(text, TAG, mutation, ([tag]) => tag.slice(0, -1)),
  'double a tag': (text, mutation) => atMatch(text, TAG, mutation, ([tag]) => repeated(tag, mutation.count)),
  'rename a tag': (text, mutation) =>
    atMatch(text, TAG, mutation, ([tag]) => tag.replace(/[a-z]\w*/i, NAMES[place(NAMES.length, mutation.to)]!)),
  'swap tags': (text, { at, to }) => {
    const tags = matches(text, TAG).map(({ index, 0: tag }) => [index, index + tag.length] as const);
    return swapped(
      text,
      [at, to].flatMap((part) => [tags[place(tags.length, part)] ?? ([0, 0] as const)]),
    );
  },
  'set an attribute': (text, mutation) =>
    atMatch(text, ATTRIBUTE, mutation, ([, name]) => ` ${name}="${mutation.value.replaceAll('"', '&quot;')}"`),
  'break an attribute': (text, mutation) => atMatch(text, ATTRIBUTE, mutation, ([, name]) => ` ${name}="`),
  'drop an attribute': (text, mutation) => atMatch(text, ATTRIBUTE, mutation, () => ''),
  'add an attribute': (text, mutation) =>
    atMatch(text, ATTRIBUTE, mutation, ([all]) => `${all} onclick="alert(1)" hidden style="${mutation.value}"`),
  'swell an attribute': (text, mutation) =>
    atMatch(text, ATTRIBUTE, mutation, ([, name, was]) => ` ${name}=${repeated(was!, 20 * mutation.count)}`),
  'drop a subtree': (text, mutation) => atSubtree(text, mutation, () => ''),
  'empty a subtree': (text, mutation) => atSubtree(text, mutation, (tree) => tree.replace(/>[\s\S]*</, '><')),
  'repeat a subtree': (text, mutation) => atSubtree(text, mutation, (tree) => repeated(tree, mutation.count)),
  'fill a subtree': (text, mutation) =>
    atSubtree(text, mutation, (tree) => tree.replace(/>[\s\S]*</, () => `>${mutation.noise}<`)),
  'nest a subtree': (text, mutation) =>
    atSubtree(text, mutation, (tree) => {
      const name = NAMES[place(NAMES.length, mutation.to)]!;
      const depth = Math.min(mutation.count, 520);
      return `<${name}>`.repeat(depth) + tree + `</${name}>`.repeat(mutation.count % 3 === 0 ? 0 : depth);
    }),
  'nest in itself': (text, mutation) =>
    atSubtree(text, mutation, (tree) => {
      const open = /^<[^>]*>/.exec(tree)?.[0] ?? '';
      return repeated(open, Math.min(mutation.count, 520)) + tree;
    }),
  'move a subtree': (text, { at, to }) => {
    const found = subtrees(text);
    const trees = [at, to].map((part) => found[place(found.length, part)] ?? ([0, 0] as const));
    const [[start, end], [target]] = trees as [[number, number], [number, number]];
    return target >= start && target < end ? text : splice(text, target, target, text.slice(start, end));
  },
  'swap subtrees': (text, { at, to }) => {
    const found = subtrees(text);
    return swapped(
      text,
      [at, to].map((part) => found[place(found.length, part)] ?? [0, 0]),
    );
  },
};

type Json = { [key: string]: unknown } | unknown[];
const isJson = (node: unknown): node is Json => typeof node === 'object' && node !== null;

/** Every place in a document that can be changed. */
function slots(document: unknown): [holder: Json, key: string][] {
  if (!isJson(document)) return [];
  return Object.entries(document).flatMap(([key, inner]) => [[document, key] as [Json, string], ...slots(inner)]);
}

function inJson(
  text: string,
  { at }: Mutation,
  change: (holder: Record<string, unknown>, key: string, root: unknown) => void,
) {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return text;
  }
  const all = slots(root);
  const slot = all[place(all.length, at)];
  if (slot) change(slot[0] as Record<string, unknown>, slot[1], root);
  return JSON.stringify(root);
}

const WRONG: ((mutation: Mutation) => unknown)[] = [
  () => null,
  () => true,
  () => -1e308,
  () => [],
  () => ({}),
  () => '',
  ({ value }) => value,
  ({ noise }) => noise,
  ({ value }) => [value],
  ({ value }) => ({ '@id': value, url: value, data: value, '@type': value }),
  ({ noise, count }) => repeated(noise || 'x', 20 * count),
  ({ count }) => Array(Math.min(count, 3000)).fill({ children: [{ text: 'x' }], type: 'p' }),
  () => ['__proto__', 'constructor', 'toString'],
];

const DOCUMENT: typeof BYTES = {
  ...BYTES,
  'drop a field': (text, mutation) => inJson(text, mutation, (holder, key) => void delete holder[key]),
  'set a field': (text, mutation) =>
    inJson(text, mutation, (holder, key) => {
      holder[key] = WRONG[place(WRONG.length, mutation.to)]!(mutation);
    }),
  'swell a field': (text, mutation) =>
    inJson(text, mutation, (holder, key) => {
      if (typeof holder[key] === 'string') holder[key] = ` ${repeated(`${holder[key]} `, 20 * mutation.count + 20)}`;
    }),
  'rename a field': (text, mutation) =>
    inJson(text, mutation, (holder, key) => {
      const inner = holder[key];
      delete holder[key];
      holder[mutation.value || '__proto__'] = inner;
    }),
  'refer to the whole': (text, mutation) =>
    inJson(text, mutation, (holder, key, root) => {
      holder[key] = structuredClone(root);
    }),
  'nest a field': (text, mutation) =>
    inJson(text, mutation, (holder, key) => {
      for (let depth = Math.min(mutation.count, 300); depth > 0; depth -= 1) {
        holder[key] = depth % 2 ? { '@type': 'gridBlock', blocks: { a: holder[key] } } : { children: [holder[key]] };
      }
    }),
  'repeat a field': (text, mutation) =>
    inJson(text, mutation, (holder, key) => {
      const count = Math.min(mutation.count, Math.floor(MAX_LENGTH / (JSON.stringify(holder[key]) ?? '').length) || 1);
      if (Array.isArray(holder)) holder.push(...Array(count).fill(holder[Number(key)]));
      else for (let index = 0; index < count; index += 1) holder[`${key}${index}`] = holder[key];
    }),
  'swap fields': (text, mutation) =>
    inJson(text, mutation, (holder, key, root) => {
      const all = slots(root);
      const [other, otherKey] = all[place(all.length, mutation.to)]!;
      const inner = holder[key];
      const target = other as Record<string, unknown>;
      holder[key] = structuredClone(target[otherKey]);
      target[otherKey] = structuredClone(inner);
    }),
};

/** Changes a page; what cannot be changed that way stays as it is. */
export function mutate(body: string, mutation: Mutation): string {
  const isDocument = /^\s*[{[]/.test(body);
  const kinds = isDocument ? DOCUMENT : MARKUP;
  const changed = (kinds[mutation.kind] ?? (isDocument ? DOCUMENT['set a field']! : BYTES.insert!))(body, mutation);
  return changed.length > 2 * MAX_LENGTH ? body : changed;
}

const part = fc.nat(MILLION - 1);

/** A few changes in a row. */
export const mutations = fc.array(
  fc.record<Mutation>({
    kind: fc.constantFrom(...new Set([...Object.keys(MARKUP), ...Object.keys(DOCUMENT)])),
    at: part,
    to: part,
    count: fc.oneof({ weight: 9, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat(3000) }),
    noise,
    value,
  }),
  { minLength: 1, maxLength: 4 },
);
