import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { openPglite } from '../../infra/local/pglite.ts';
import { migrateUp } from '../../infra/migrate.ts';
import type { Database } from '../../shared/database.ts';
import { readArticle, seedArticle } from '../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../support/database.ts';

/** The recipe: title and summary, or title and the first 500 characters of the body; of all that the first 2,048. */
function embeddingText(title: string, summary: string | null, content: string | null): string {
  const rest = summary || [...(content ?? '')].slice(0, 500).join('');
  return [...`${title} ${rest}`].slice(0, 2048).join('');
}

const cases: [title: string, summary: string | null, content: string | null][] = [
  ['Título', 'Resumo.', 'Corpo.'],
  ['Título', null, 'Corpo.'],
  ['Título', '', 'Corpo.'],
  ['Título', null, null],
  ['Título', null, '😀ção'.repeat(400)],
  ['Título', 'ã😀'.repeat(3000), 'Corpo.'],
  ['😀'.repeat(2048), 'Resumo.', null],
  ['Título', null, ' \n\t '],
];

function derivedTextTests(open: () => Promise<{ db: Database; drop(): Promise<void> }>): void {
  let database: { db: Database; drop(): Promise<void> };
  before(async () => {
    database = await open();
  });
  after(() => database?.drop());
  beforeEach(() => database.db.query('truncate news cascade'));

  /** Whether a search by words finds the only article. */
  async function finds(words: string): Promise<boolean> {
    const { rowCount } = await database.db.query(
      `select from news where search @@ websearch_to_tsquery('portuguese_unaccent', search_words($1))`,
      [words],
    );
    return rowCount === 1;
  }

  test('the hash of the embedding text follows the recipe, in code points', async () => {
    const { unique_id } = await seedArticle(database.db);
    for (const [title, summary, content] of cases) {
      await database.db.query('update news set title = $1, summary = $2, content = $3', [title, summary, content]);
      const { embedding_text_hash } = await readArticle(database.db, unique_id);
      const expected = createHash('md5')
        .update(embeddingText(title, summary, content))
        .digest('hex');
      assert.equal(embedding_text_hash, expected, `${title.slice(0, 10)} / ${summary?.slice(0, 10)}`);
    }
  });

  test('only what is in the embedding text moves its hash', async () => {
    const content = 'a'.repeat(500);
    const { unique_id } = await seedArticle(database.db, { content });
    const hash = async () => (await readArticle(database.db, unique_id)).embedding_text_hash;
    const first = await hash();
    await database.db.query(`update news set content = content || 'b', subtitle = 'x', tags = '{x}', category = 'x'`);
    assert.equal(await hash(), first);
    await database.db.query(`update news set content = 'b' || content`);
    assert.notEqual(await hash(), first);
  });

  test('finds words without their accents, in another number and in any case', async () => {
    await seedArticle(database.db, {
      title: 'MEC abre inscrições para bolsas',
      subtitle: 'EDUCAÇÃO básica',
      content: 'A ministra visitou São Luís.',
      tags: ['vacinação'],
    });
    for (const words of [
      'inscricao',
      'inscrições',
      'INSCRIÇÃO',
      'educacao',
      'educação',
      'ministra',
      'sao luis',
      'vacinacao',
      'bolsa',
    ]) {
      assert.ok(await finds(words), words);
    }
    assert.equal(await finds('mineração'), false);
  });

  test('the words follow every field that they are taken from', async () => {
    await seedArticle(database.db, {
      title: 'azul',
      subtitle: 'verde',
      editorialLead: 'roxo',
      content: 'preto',
      tags: ['cinza'],
    });
    await database.db.query(`update news set summary = 'rosa'`);
    for (const words of ['azul', 'verde', 'roxo', 'preto', 'cinza', 'rosa']) assert.ok(await finds(words), words);
    for (const [column, value] of [
      ['title', "'novo'"],
      ['subtitle', 'null'],
      ['editorial_lead', 'null'],
      ['content', 'null'],
      ['tags', "'{}'"],
      ['summary', 'null'],
    ]) {
      await database.db.query(`update news set ${column} = ${value}`);
    }
    for (const words of ['azul', 'verde', 'roxo', 'preto', 'cinza', 'rosa'])
      assert.equal(await finds(words), false, words);
    assert.ok(await finds('novo'));
  });

  test('a text of 3 MB of distinct words is stored whole, and its beginning found', async () => {
    // More than 1 MB of distinct words is more than a tsvector holds.
    const content = `começo ${Array.from({ length: 300_000 }, (_, index) => `p${index}x`).join(' ')} fim`;
    assert.ok(content.length > 2_000_000);
    const { unique_id } = await seedArticle(database.db, {
      content,
      tags: Array.from({ length: 1000 }, (_, i) => `etiqueta ${i}`),
    });
    const row = await readArticle(database.db, unique_id);
    assert.equal(row.content, content);
    assert.equal((row.tags as string[]).length, 1000);
    assert.ok(await finds('começo'));
    assert.equal(await finds('fim'), false);
  });

  test('a word of 100,000 letters and a title of 100,000 words are no error', async () => {
    await seedArticle(database.db, {
      title: 'palavra '.repeat(100_000),
      subtitle: 'a'.repeat(100_000),
      content: 'ç'.repeat(100_000),
    });
    assert.ok(await finds('palavra'));
  });
}

describe('derived text on Postgres', { skip: withoutPostgres }, () => derivedTextTests(createTestDatabase));

describe('derived text on PGlite', () =>
  derivedTextTests(async (): Promise<Pick<TestDatabase, 'db' | 'drop'>> => {
    const db = await openPglite();
    await migrateUp(db);
    return { db, drop: () => db.close() };
  }));
