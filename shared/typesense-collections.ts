import { RetryableError } from './errors.ts';
import type { TypesenseRequest } from './typesense-request.ts';
import { newsCollection } from './typesense-schema.ts';

/** A collection as the server knows it: a name that was given again has another `createdAt` (epoch seconds). */
export interface CollectionInfo {
  name: string;
  createdAt: number;
  documentCount: number;
}

/** The collections of one alias: those that are named by a schema, `<alias>_<hash>`, and perhaps a number. */
export interface TypesenseCollections {
  readonly alias: string;
  /** Name of a collection of today's schema; one that is built although there is one already has a number behind it. */
  nameOf(number?: number): string;
  /** Whether a collection of this name has today's schema. */
  isCurrent(name: string): boolean;
  /** Every one, whoever made it. */
  list(): Promise<CollectionInfo[]>;
  find(name: string): Promise<CollectionInfo | undefined>;
  /** Makes a collection of today's schema, or finds the one that has its name. */
  create(name: string): Promise<CollectionInfo>;
  /** Removes a collection with its documents; an absent one is fine. */
  drop(name: string): Promise<void>;
  /** All aliases of the server, those of others too: alias and collection. */
  aliases(): Promise<Map<string, string>>;
  /** Lets the alias lead to a collection, from one request to the next. */
  point(name: string): Promise<void>;
}

interface Described {
  name: string;
  created_at: number;
  num_documents: number;
}

/** @see https://typesense.org/docs/30.1/api/collections.html */
export function createTypesenseCollections(
  alias: string,
  request: TypesenseRequest,
  dimensions?: number,
): TypesenseCollections {
  const schema = newsCollection(alias, dimensions);
  const path = (name: string) => `/collections/${encodeURIComponent(name)}`;
  const isOurs = (name: string) =>
    name.startsWith(`${alias}_`) && /^[0-9a-f]{8}(_\d+)?$/.test(name.slice(alias.length + 1));

  async function find(name: string) {
    const found = await request<Described>('get', path(name), { nullOn: 404 });
    return found ? toInfo(found) : undefined;
  }
  return {
    alias,
    nameOf: (number) => (number === undefined ? schema.name : `${schema.name}_${number}`),
    isCurrent: (name) => name === schema.name || name.startsWith(`${schema.name}_`),
    async list() {
      const found = (await request<Described[]>('get', '/collections', { query: { exclude_fields: 'fields' } })) ?? [];
      return found.map(toInfo).filter(({ name }) => isOurs(name));
    },
    find,
    async create(name) {
      await request('post', '/collections', { body: { ...schema, name }, nullOn: 409 });
      const made = await find(name);
      if (!made) throw new RetryableError(`Typesense has no collection "${name}" although it was just created`);
      return made;
    },
    async drop(name) {
      await request('delete', path(name), { nullOn: 404 });
    },
    async aliases() {
      const found = await request<{ aliases: { name: string; collection_name: string }[] }>('get', '/aliases');
      return new Map((found?.aliases ?? []).map(({ name, collection_name }) => [name, collection_name]));
    },
    async point(name) {
      await request('put', `/aliases/${encodeURIComponent(alias)}`, { body: { collection_name: name } });
    },
  };
}

function toInfo({ name, created_at, num_documents }: Described): CollectionInfo {
  return { name, createdAt: created_at, documentCount: num_documents };
}
