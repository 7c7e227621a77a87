/** What Typesense answers when it refuses: the text becomes `message`, or `error` in a line of an import. */
export interface Refusal {
  code: number;
  error: string;
}

export interface Field {
  name: string;
  type: string;
  facet: boolean;
  optional: boolean;
  index: boolean;
  sort: boolean;
  infix: boolean;
  locale: string;
  stem: boolean;
  store: boolean;
  num_dim?: number;
  vec_dist?: string;
}

export type StoredDocument = Record<string, unknown> & { id: string };
export type ImportAction = 'create' | 'update' | 'upsert' | 'emplace';

export interface Collection {
  name: string;
  defaultSortingField: string;
  fields: Field[];
  createdAt: number;
  documents: Map<string, StoredDocument>;
  /** Ids given so far to documents that came without one. */
  givenIds: number;
}

const isInteger = (value: unknown) => Number.isInteger(value);
const isNumber = (value: unknown) => typeof value === 'number';
const isString = (value: unknown) => typeof value === 'string';
const isBoolean = (value: unknown) => typeof value === 'boolean';

/** Types that a stand-in can hold, by what the real server says they must be. The others it knows only to refuse. */
const scalarTypes: Record<string, { is(value: unknown): boolean; noun: string }> = {
  string: { is: isString, noun: 'a string' },
  int32: { is: isInteger, noun: 'an int32' },
  int64: { is: isInteger, noun: 'an int64' },
  float: { is: isNumber, noun: 'a float' },
  bool: { is: isBoolean, noun: 'a bool' },
};
const numericTypes = ['int32', 'int64', 'float'];
const flags = ['facet', 'optional', 'index', 'sort', 'infix', 'stem', 'store'] as const;

export const refusal = (error: string, code = 400): Refusal => ({ code, error });

export function isRefusal(value: object): value is Refusal {
  return 'error' in value && 'code' in value;
}

/** A collection from the body of `POST /collections`, with the defaults filled in, or why there is none. */
export function createCollection(body: Record<string, unknown>): Collection | Refusal {
  const { name, default_sorting_field: defaultSortingField = '' } = body;
  if (name === undefined) return refusal('Parameter `name` is required.');
  if (!isString(name) || name === '') return refusal('Parameter `name` must be a non-empty string.');
  if (body.fields === undefined) return refusal('Parameter `fields` is required.');
  if (!isString(defaultSortingField)) return refusal('`default_sorting_field` should be a string.');
  if (!Array.isArray(body.fields) || body.fields.length === 0) {
    return refusal(
      'The `fields` value should be an array of objects containing `name`, `type` and optionally, `facet` properties.',
    );
  }
  const fields: Field[] = [];
  for (const input of body.fields as (Record<string, unknown> | null)[]) {
    const field = createField(input ?? {});
    if (isRefusal(field)) return field;
    if (fields.some((other) => other.name === field.name))
      return refusal('There are duplicate field names in the schema.');
    // The real server ignores a field named id too.
    if (field.name !== 'id') fields.push(field);
  }
  const problem = defaultSortingField === '' ? null : sortingProblem(defaultSortingField as string, fields);
  if (problem) return refusal(problem);
  return {
    name: name as string,
    defaultSortingField: defaultSortingField as string,
    fields,
    createdAt: Math.floor(Date.now() / 1000),
    documents: new Map(),
    givenIds: 0,
  };
}

function createField(input: Record<string, unknown>): Field | Refusal {
  const { name, type } = input;
  if (!isString(name) || !isString(type)) {
    return refusal(
      'Wrong format for `fields`. It should be an array of objects containing `name`, `type`, `optional` and `facet` properties.',
    );
  }
  if (name === '') return refusal('Field name cannot be empty.');
  for (const flag of flags) {
    if (input[flag] !== undefined && !isBoolean(input[flag])) {
      return refusal(`The \`${flag}\` property of the field \`${name}\` should be a boolean.`);
    }
  }
  const scalar = (type as string).replace(/\[\]$/, '');
  if (!Object.hasOwn(scalarTypes, scalar)) {
    return refusal(`Field \`${name}\` has an invalid data type \`${type}\`, see docs for supported data types.`);
  }
  const dimensions = input.num_dim ?? 0;
  if (!isInteger(dimensions) || (dimensions as number) < 0)
    return refusal('Property `num_dim` must be a positive integer.');
  if (dimensions !== 0 && type !== 'float[]')
    return refusal('Property `num_dim` is only allowed on a float array field.');
  if (dimensions !== 0 && input.facet === true) return refusal('Property `facet` is not allowed on a vector field.');
  if (input.index === false && input.facet === true) {
    return refusal(`Field \`${name}\` cannot be a facet since it's marked as non-indexable.`);
  }
  const flag = (key: (typeof flags)[number], byDefault: boolean) => (input[key] as boolean | undefined) ?? byDefault;
  return {
    name: name as string,
    type: type as string,
    facet: flag('facet', false),
    optional: flag('optional', false),
    index: flag('index', true),
    sort: flag('sort', numericTypes.includes(type as string) || type === 'bool'),
    infix: flag('infix', false),
    locale: isString(input.locale) ? (input.locale as string) : '',
    stem: flag('stem', false),
    store: flag('store', true),
    ...(dimensions !== 0 && { num_dim: dimensions as number, vec_dist: 'cosine' }),
  };
}

function sortingProblem(name: string, fields: Field[]): string | null {
  if (name === 'id') return 'Invalid `default_sorting_field` value: cannot be `id`.';
  const field = fields.find((candidate) => candidate.name === name);
  if (!field) return `Default sorting field is defined as \`${name}\` but is not found in the schema.`;
  if (!field.sort) return `Default sorting field \`${name}\` is not a sortable type.`;
  return field.optional ? `Default sorting field \`${name}\` cannot be an optional field.` : null;
}

/** Takes one line of an import into the collection. Fields that the schema lacks are stored as they are. */
export function importLine(
  collection: Collection,
  line: string,
  action: ImportAction,
): { document: StoredDocument } | Refusal {
  let input: unknown;
  try {
    input = JSON.parse(line);
  } catch (error) {
    return refusal(`Bad JSON: ${(error as Error).message}`);
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return refusal('Bad JSON: not a properly formed document.');
  }
  const { id: givenId, ...values } = input as Record<string, unknown>;
  if (givenId === '') return refusal('The `id` should not be empty.');
  if (givenId === undefined && action === 'update') return refusal('For update, the `id` key must be provided.');
  if (givenId !== undefined && !isString(givenId)) return refusal("Document's `id` field should be a string.");
  const id = (givenId as string | undefined) ?? String(collection.givenIds++);

  const stored = collection.documents.get(id);
  if (stored && action === 'create') return refusal(`A document with id ${id} already exists.`, 409);
  if (!stored && action === 'update') return refusal(`Could not find a document with id: ${id}`, 404);
  const isPartial = action === 'update' || (action === 'emplace' && stored !== undefined);
  for (const field of collection.fields) {
    const problem = fieldProblem(field, values, isPartial);
    if (problem) return refusal(problem);
  }

  const merged = isPartial ? { ...stored, ...values } : values;
  const present = Object.entries(merged).filter(([, value]) => value !== null);
  const document = { ...Object.fromEntries(present), id };
  collection.documents.set(id, document);
  return { document };
}

function fieldProblem(field: Field, values: Record<string, unknown>, isPartial: boolean): string | null {
  const value = values[field.name];
  if (value === undefined) {
    const isMissing = !field.optional && !isPartial;
    return isMissing
      ? `Field \`${field.name}\` has been declared in the schema, but is not found in the document.`
      : null;
  }
  if (value === null && field.optional) return null;
  if (!field.type.endsWith('[]')) {
    const { is, noun } = scalarTypes[field.type]!;
    return is(value) ? null : `Field \`${field.name}\` must be ${noun}.`;
  }
  if (!Array.isArray(value)) return `Field \`${field.name}\` must be an array.`;
  if (field.num_dim && value.length !== field.num_dim) {
    return `Field \`${field.name}\` must have ${field.num_dim} dimensions.`;
  }
  const { is, noun } = scalarTypes[field.type.slice(0, -2)]!;
  return value.every(is) ? null : `Field \`${field.name}\` must be an array of ${noun.replace(/^an? /, '')}.`;
}

/** The collection as the server describes it. */
export function summary(collection: Collection): Record<string, unknown> {
  return {
    created_at: collection.createdAt,
    default_sorting_field: collection.defaultSortingField,
    enable_nested_fields: false,
    fields: collection.fields,
    name: collection.name,
    num_documents: collection.documents.size,
    symbols_to_index: [],
    token_separators: [],
  };
}
