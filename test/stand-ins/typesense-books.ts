import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { startTypesense } from './typesense.ts';

const { TYPESENSE_HOST, TYPESENSE_PORT, TYPESENSE_PROTOCOL = 'http', TYPESENSE_API_KEY = 'key' } = process.env;
const fields = [
  { name: 'title', type: 'string' },
  { name: 'body', type: 'string', optional: true },
  { name: 'rank', type: 'int32' },
  { name: 'shelf', type: 'string', facet: true, optional: true },
  { name: 'tags', type: 'string[]', facet: true, optional: true },
  { name: 'lent', type: 'bool', optional: true },
  { name: 'score', type: 'float', optional: true },
  { name: 'vector', type: 'float[]', num_dim: 3, optional: true },
];
const documents = [
  {
    id: 'a',
    title: 'Saúde e vacinação',
    rank: 1,
    shelf: 'Saúde Pública',
    tags: ['sus'],
    lent: true,
    vector: [1, 0, 0],
  },
  {
    id: 'b',
    title: 'Vacina nova',
    body: 'para a saúde',
    rank: 2,
    shelf: 'Saúde Pública',
    score: 0.5,
    vector: [0, 1, 0],
  },
  { id: 'c', title: 'Escolas', rank: 3, shelf: 'Educação', tags: ['enem', 'sus'], lent: false, vector: [0.9, 0.1, 0] },
  { id: 'd', title: 'Estradas', rank: 4 },
];

export const serverName = TYPESENSE_HOST ? `the server ${TYPESENSE_HOST}` : 'the Typesense stand-in';

/** A small collection on the stand-in, or on the server of TYPESENSE_HOST. */
export interface Books {
  /** Of the collection. */
  name: string;
  send(method: string, path: string, body?: object | string): Promise<{ status: number; text: string }>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  search(parameters: Record<string, string>): Promise<{ status: number; body: any }>;
  /** Ids of the hits, as one word. */
  idsOf(parameters: Record<string, string>): Promise<string>;
  insert(documents: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

export async function openBooks(): Promise<Books> {
  const name = `books_test_${randomBytes(4).toString('hex')}`;
  const standIn = TYPESENSE_HOST ? undefined : await startTypesense({ apiKey: TYPESENSE_API_KEY });
  const url = standIn?.url ?? `${TYPESENSE_PROTOCOL}://${TYPESENSE_HOST}:${TYPESENSE_PORT ?? 8108}`;
  const send: Books['send'] = async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: { 'X-TYPESENSE-API-KEY': TYPESENSE_API_KEY },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const search: Books['search'] = async (parameters) => {
    const { status, text } = await send(
      'GET',
      `/collections/${name}/documents/search?${new URLSearchParams(parameters)}`,
    );
    return { status, body: JSON.parse(text) };
  };
  const insert: Books['insert'] = async (some) => {
    const lines = some.map((document) => JSON.stringify(document)).join('\n');
    await send('POST', `/collections/${name}/documents/import`, lines);
  };
  await send('POST', '/collections', { name, fields, default_sorting_field: 'rank' });
  await insert(documents);
  return {
    name,
    send,
    search,
    insert,
    async idsOf(parameters) {
      const { status, body } = await search(parameters);
      assert.equal(status, 200, body.message);
      return body.hits.map(({ document }: { document: { id: string } }) => document.id).join('');
    },
    async close() {
      await send('DELETE', `/collections/${name}`);
      await standIn?.close();
    },
  };
}
