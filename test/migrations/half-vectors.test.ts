import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrateDown, migrateUp } from '../../infra/migrate.ts';
import { vectorIndexName } from '../../shared/sql/nearest.ts';
import { seedCatalogue } from '../functions/api/seed.ts';
import { createTestDatabase, withoutPostgres } from '../support/database.ts';

const migration = '20261121210000000_half-vectors';

test('where many vectors stand, the migration leaves their index to vectors rebuild', {
  skip: withoutPostgres,
}, async () => {
  const { db, drop } = await createTestDatabase();
  try {
    const definition = async () => {
      const { rows } = await db.query<{ text: string }>('select pg_get_indexdef($1::regclass) as text', [
        vectorIndexName,
      ]);
      return rows[0]!.text;
    };
    assert.match(await definition(), /halfvec_cosine_ops/);
    let undone: string[] = [];
    while (!undone.includes(migration)) undone = [...undone, ...(await migrateDown(db, 1))];
    assert.match(await definition(), /content_embedding vector_cosine_ops/);
    await db.query(`drop index ${vectorIndexName}`);
    await seedCatalogue(db);
    await db.query(
      `insert into news (unique_id, agency_id, agency_key, agency_name, published_at, published_at_source, extracted_at,
         last_seen_at, title, url, content_embedding)
       select 'artigo-' || number, agencies.id, key, name, now(), 'page', now(), now(), 'T', 'https://www.gov.br/' || number,
         array_fill(1::real, array[768])::vector
       from generate_series(1, 5001) as number, agencies where key = 'mec'`,
    );
    await db.query(
      `create index ${vectorIndexName} on news using hnsw (content_embedding vector_cosine_ops) where false`,
    );
    await migrateUp(db);
    assert.match(await definition(), /content_embedding vector_cosine_ops/);
  } finally {
    await drop();
  }
});
