import { randomBytes } from 'node:crypto';
import { createTypesenseIndex } from '../../../../functions/api/search/typesense.ts';
import { toDocument } from '../../../../functions/sync/document.ts';
import { createTypesense, type Typesense } from '../../../../shared/typesense.ts';
import { startTypesense, type TypesenseStandIn } from '../../../stand-ins/typesense.ts';
import { type ContractArticle, contractModel, embed } from './contract-articles.ts';
import type { IndexUnderTest } from './contract-searches.ts';

const { TYPESENSE_HOST, TYPESENSE_PORT, TYPESENSE_PROTOCOL, TYPESENSE_API_KEY = 'key' } = process.env;

export const serverName = TYPESENSE_HOST ? `the Typesense server ${TYPESENSE_HOST}` : 'the Typesense stand-in';

/** The names of `seedCatalogue`. */
export const labels = {
  agencies: new Map([
    ['mec', 'Ministério da Educação'],
    ['saude', 'Ministério da Saúde'],
    ['ibge', 'IBGE'],
  ]),
  themes: new Map([
    ['02', 'Educação'],
    ['02.01', 'Educação Básica'],
    ['02.01.01', 'Ensino Médio'],
    ['02.02', 'Ensino Superior'],
    ['03', 'Saúde'],
  ]),
};

export interface TypesenseUnderTest extends IndexUnderTest {
  typesense: Typesense;
  server: { host: string; port: number; protocol: 'http' | 'https'; apiKey: string };
  /** Undefined on a real server. */
  standIn: TypesenseStandIn | undefined;
}

/** An empty collection behind an alias of its own. */
export async function openIndex(): Promise<TypesenseUnderTest> {
  const standIn = TYPESENSE_HOST ? undefined : await startTypesense({ apiKey: TYPESENSE_API_KEY });
  const server = {
    host: TYPESENSE_HOST ?? standIn!.host,
    port: Number(TYPESENSE_PORT ?? standIn?.port ?? 8108),
    protocol: TYPESENSE_PROTOCOL === 'https' ? ('https' as const) : ('http' as const),
    apiKey: TYPESENSE_API_KEY,
  };
  const alias = standIn ? 'news' : `news_test_${randomBytes(4).toString('hex')}`;
  const typesense = createTypesense({ ...server, alias });
  await typesense.ensureCollection();
  return {
    index: createTypesenseIndex(typesense, { labels: async () => labels }),
    typesense,
    server,
    standIn,
    async insert(articles) {
      const outcomes = await typesense.importDocuments(await Promise.all(articles.map(documentOf)));
      for (const error of outcomes.values()) if (error) throw error;
    },
    async close() {
      if (!standIn) for (const { name } of await typesense.collections.list()) await typesense.collections.drop(name);
      typesense.close();
      await standIn?.close();
    },
  };
}

/** The document that `sync` makes of an article. */
async function documentOf(article: ContractArticle) {
  const { id, title, content = null, model = contractModel, createdAt = '2026-02-01T00:00:00Z' } = article;
  const [level1, level2, level3] = (article.themes ?? []).map((code) => ({ code, label: labels.themes.get(code)! }));
  return toDocument({
    uniqueId: id,
    version: 1,
    agencyKey: article.agency ?? 'mec',
    publishedAt: new Date(article.publishedAt),
    extractedAt: null,
    createdAt: new Date(createdAt),
    title,
    subtitle: null,
    editorialLead: null,
    url: `https://www.gov.br/${id}`,
    content,
    imageUrl: null,
    videoUrl: null,
    category: null,
    tags: article.tags ?? null,
    themes: { level1: level1 ?? null, level2: level2 ?? null, level3: level3 ?? null, mostSpecific: null },
    summary: article.summary ?? null,
    contentHash: article.contentHash ?? null,
    contentEmbedding: model === null ? null : await embed(`${title} ${content ?? ''}`),
    embeddingModel: model,
    features: null,
  });
}
