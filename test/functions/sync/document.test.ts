import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type NewsForIndex, toDocument } from '../../../functions/sync/document.ts';
import { tagKey } from '../../../shared/typesense-schema.ts';

const bare: NewsForIndex = {
  uniqueId: 'enem-abre-inscricoes_1a2b3c',
  version: 7,
  agencyKey: 'mec',
  publishedAt: null,
  extractedAt: null,
  createdAt: new Date('2025-01-01T00:20:00.900Z'),
  title: null,
  subtitle: null,
  editorialLead: null,
  url: null,
  content: null,
  imageUrl: null,
  videoUrl: null,
  category: null,
  tags: null,
  themes: { level1: null, level2: null, level3: null, mostSpecific: null },
  summary: null,
  contentHash: null,
  contentEmbedding: null,
  embeddingModel: null,
  features: null,
};
const bareDocument = {
  id: 'enem-abre-inscricoes_1a2b3c',
  unique_id: 'enem-abre-inscricoes_1a2b3c',
  agency: 'mec',
  published_at: 0,
  created_at: 1_735_690_800,
  has_summary: false,
  version: 7,
};
const education = { code: '02', label: 'Educação' };
const exams = { code: '02.03', label: 'Avaliações' };
const enem = { code: '02.03.01', label: 'Enem' };

test('a whole row becomes a whole document', () => {
  const document = toDocument({
    ...bare,
    publishedAt: new Date('2024-12-31T23:59:59.900Z'),
    extractedAt: new Date('2025-01-01T00:10:00Z'),
    title: 'Enem abre inscrições',
    subtitle: 'Prazo vai até sexta',
    editorialLead: 'Educação básica',
    url: 'https://www.gov.br/mec/pt-br/enem',
    content: '# Enem\n\nTexto.',
    imageUrl: 'https://www.gov.br/mec/enem.jpg',
    videoUrl: 'https://tvbrasil.ebc.com.br/enem.mp4',
    category: 'Notícias',
    tags: ['Enem', 'Inscrições'],
    themes: { level1: education, level2: exams, level3: enem, mostSpecific: enem },
    summary: 'Inscrições abertas.',
    contentHash: '0123456789abcdef',
    contentEmbedding: Float32Array.of(0.5, -0.25),
    embeddingModel: 'owner/model@1/model.onnx',
    features: { word_count: 120, sentiment_label: 'positive', has_image: true },
  });
  assert.deepEqual(document, {
    ...bareDocument,
    published_at: 1_735_689_599,
    published_year: 2024,
    published_month: 12,
    published_week: 202501,
    published_local_year: 2024,
    extracted_at: 1_735_690_200,
    title: 'Enem abre inscrições',
    subtitle: 'Prazo vai até sexta',
    editorial_lead: 'Educação básica',
    url: 'https://www.gov.br/mec/pt-br/enem',
    content: '# Enem\n\nTexto.',
    image: 'https://www.gov.br/mec/enem.jpg',
    video_url: 'https://tvbrasil.ebc.com.br/enem.mp4',
    category: 'Notícias',
    tags: ['Enem', 'Inscrições'],
    tag_keys: ['Enem', 'Inscrições'].map(tagKey),
    theme_1_level_1_code: '02',
    theme_1_level_1_label: 'Educação',
    theme_1_level_2_code: '02.03',
    theme_1_level_2_label: 'Avaliações',
    theme_1_level_3_code: '02.03.01',
    theme_1_level_3_label: 'Enem',
    most_specific_theme_code: '02.03.01',
    most_specific_theme_label: 'Enem',
    summary: 'Inscrições abertas.',
    has_summary: true,
    content_hash: '0123456789abcdef',
    content_embedding: [0.5, -0.25],
    embedding_model: 'owner/model@1/model.onnx',
    word_count: 120,
    sentiment_label: 'positive',
    has_image: true,
  });
});

test('a row of nulls leaves identity, agency, version and the date 0', () => {
  assert.deepEqual(toDocument(bare), bareDocument);
});

test('empty and blank texts are left out, the others stay as they are', () => {
  const texts = { title: '', subtitle: '  ', url: '\n', content: '  recuado', summary: '', category: '\t' };
  assert.deepEqual(toDocument({ ...bare, ...texts }), { ...bareDocument, content: '  recuado' });
});

test('year, month and week are those of the shared cases', () => {
  const cases = JSON.parse(
    readFileSync(new URL('../../fixtures/cases/published-week.json', import.meta.url), 'utf8'),
  ) as { published_at: string; epoch_seconds: number; published_year: number }[];
  assert.ok(cases.length > 0);
  for (const { published_at, epoch_seconds, ...period } of cases) {
    const document = toDocument({ ...bare, publishedAt: new Date(published_at) });
    const { published_local_year: _, ...shared } = document;
    assert.deepEqual(shared, { ...bareDocument, published_at: epoch_seconds, ...period }, published_at);
  }
});

test('beside the year in UTC stands that of Brasília, with its daylight saving', () => {
  for (const [publishedAt, utc, local] of [
    ['2025-12-31T22:30:00-03:00', 2026, 2025],
    ['2026-01-01T00:00:00-03:00', 2026, 2026],
    ['2018-01-01T00:30:00-02:00', 2018, 2018],
  ] as const) {
    const document = toDocument({ ...bare, publishedAt: new Date(publishedAt) });
    assert.deepEqual([document.published_year, document.published_local_year], [utc, local], publishedAt);
  }
});

test('a date before 1970 rounds down to its second', () => {
  const document = toDocument({ ...bare, publishedAt: new Date('1969-12-31T23:59:58.500Z') });
  assert.equal(document.published_at, -2);
});

test('tags are trimmed; empty ones and those over 100 characters are dropped', () => {
  const tags = [' Enem ', '', '   ', 'á'.repeat(100), '😀'.repeat(100), 'a'.repeat(101)];
  const document = toDocument({ ...bare, tags });
  assert.deepEqual(document.tags, ['Enem', 'á'.repeat(100), '😀'.repeat(100)]);
  assert.equal(toDocument({ ...bare, tags: [' '] }).tags, undefined);
  assert.deepEqual(toDocument({ ...bare, tags: [] }), bareDocument);
});

test('a tag has a key of its own as it was published, whatever the server takes for the same word', () => {
  const tags = ['Enem', 'enem', 'ENEM!', '`', '&&', 'R$ 1,5', 'R$ 15', ' Enem ', '', 'a'.repeat(101)];
  const { tag_keys: keys = [] } = toDocument({ ...bare, tags: [...tags, 'Enem'] });
  assert.deepEqual(keys, tags.map(tagKey));
  assert.equal(new Set(keys).size, tags.length);
  for (const key of keys) assert.match(key, /^[0-9a-f]{16}$/);
});

test('a model is named only beside its vector', () => {
  assert.equal(toDocument({ ...bare, embeddingModel: 'model' }).embedding_model, undefined);
});

test('without a most specific theme the deepest of the three is meant', () => {
  const codeOf = (themes: Partial<NewsForIndex['themes']>) =>
    toDocument({ ...bare, themes: { ...bare.themes, ...themes } }).most_specific_theme_code;
  assert.equal(codeOf({ level1: education, level2: exams }), '02.03');
  assert.equal(codeOf({ level1: education }), '02');
  assert.equal(codeOf({ level1: education, mostSpecific: exams }), '02.03');
  assert.equal(codeOf({}), undefined);
});

test('features of another name or type do not enter the document', () => {
  const features = {
    sentiment_label: 3,
    sentiment_score: '0.5',
    trending_score: Number.NaN,
    word_count: 2 ** 31,
    has_video: 'true',
    readability_flesch: 45.5,
    entities: 'Enem',
    entity_org: [' Inep ', 7, '', null],
    entity_per: [],
    view_count: 2 ** 40,
    model_trace: { tokens: 12 },
    id: 'another',
  };
  assert.deepEqual(toDocument({ ...bare, features }), {
    ...bareDocument,
    readability_flesch: 45.5,
    entity_org: ['Inep'],
    view_count: 2 ** 40,
  });
});
