import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { storeArticle } from '../../../functions/scrape/store.ts';
import type { ScrapedArticle } from '../../../shared/article.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { openPostgres } from '../../../shared/postgres.ts';
import { recordFailure } from '../../../shared/sql/quarantine.ts';
import {
  createRecorder,
  nudges,
  type Recorder,
  readArticle,
  scrapedArticle,
  seedAgency,
} from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

const context = { attributes: { event_version: '1', traceparent: 'x' }, deliveryAttempt: 1 };
const at = (minute: number) => new Date(Date.UTC(2026, 10, 10, 13, minute));

describe('storing a scraped article', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let recorder: Recorder;
  before(async () => {
    database = await createTestDatabase();
    await seedAgency(database.db);
  });
  after(() => database?.drop());
  beforeEach(async () => {
    recorder = createRecorder();
    await database.db.query('truncate news, news_features, outbox, quarantine cascade');
  });

  const store = (fields: Partial<ScrapedArticle> = {}) =>
    storeArticle(scrapedArticle(fields), context, { ...recorder, db: database.db });
  const rows = async () => (await database.db.query('select * from news order by url')).rows;
  const onlyRow = async () => {
    const all = await rows();
    assert.equal(all.length, 1);
    return all[0]!;
  };

  test('announces a new article and leaves nothing in the outbox', async () => {
    assert.equal(await store(), 'inserted');
    const row = await onlyRow();
    assert.equal(row.agency_name, 'Ministério da Educação');
    assert.deepEqual(row.last_seen_at, row.extracted_at);
    assert.deepEqual(
      recorder.published.map(({ topic, data, attributes }) => ({ topic, data, attributes })),
      [{ topic: 'scraped', data: { unique_id: row.unique_id, version: 1 }, attributes: context.attributes }],
    );
    assert.equal((await database.db.query('select from outbox')).rowCount, 0);
  });

  test('the same content again moves only last_seen_at and announces nothing', async () => {
    await store();
    const first = await onlyRow();
    recorder.published.length = 0;
    assert.equal(await store({ extractedAt: at(30) }), 'unchanged');
    const second = await onlyRow();
    assert.deepEqual(second.last_seen_at, at(30));
    assert.deepEqual({ ...second, last_seen_at: null }, { ...first, last_seen_at: null });
    assert.deepEqual(recorder.published, []);
  });

  test('an edit keeps the unique_id and the old results, and announces the new version', async () => {
    await store();
    const { unique_id } = await onlyRow();
    await database.db.query(
      `update news set summary = 'Resumo.', embedded_text_hash = embedding_text_hash, enriched_revision = revision`,
    );
    recorder.published.length = 0;
    const edit = { title: 'Outro título', publishedAt: new Date('2026-11-11T00:00:00Z'), extractedAt: at(30) };
    assert.equal(await store(edit), 'updated');
    const row = await onlyRow();
    assert.equal(row.unique_id, unique_id);
    assert.equal(row.title, 'Outro título');
    assert.equal(row.summary, 'Resumo.');
    assert.deepEqual([row.version, row.revision, row.enriched_revision], [3, 2, 1]);
    assert.deepEqual(row.extracted_at, at(30));
    assert.deepEqual(nudges(recorder.published), [`scraped ${unique_id} 3`]);
  });

  test('"R$ 1,5" and "R$ 15" are two revisions of one content hash', async () => {
    await store({ content: 'Custa R$ 1,5.' });
    const first = await onlyRow();
    assert.equal(await store({ content: 'Custa R$ 15.', extractedAt: at(1) }), 'updated');
    const second = await onlyRow();
    assert.equal(second.content_hash, first.content_hash);
    assert.deepEqual([second.revision, second.version], [2, 2]);
  });

  for (const [name, change] of Object.entries<Partial<ScrapedArticle>>({
    image: { imageUrl: 'https://www.gov.br/mec/outra.jpg' },
    video: { videoUrl: 'https://www.gov.br/mec/video.mp4' },
    tags: { tags: ['obras'] },
    category: { category: null },
    'publication date': { publishedAt: new Date('2026-11-09T12:00:00Z') },
    'update date': { updatedDatetime: new Date('2026-11-10T12:30:00Z') },
  })) {
    test(`another ${name} alone is a new version of the same revision`, async () => {
      await store();
      recorder.published.length = 0;
      assert.equal(await store({ ...change, extractedAt: at(30) }), 'updated');
      const row = await onlyRow();
      assert.deepEqual([row.version, row.revision], [2, 1]);
      assert.deepEqual(row.extracted_at, at(30));
      assert.equal(recorder.published.length, 1);
    });
  }

  test('a stored image, video and update date survive a page without them', async () => {
    const updatedDatetime = new Date('2026-11-10T12:30:00Z');
    await store({ videoUrl: 'https://www.gov.br/mec/video.mp4', updatedDatetime });
    assert.equal(await store({ imageUrl: null, videoUrl: null, extractedAt: at(1) }), 'unchanged');
    assert.equal(await store({ imageUrl: null, videoUrl: null, title: 'Outro', extractedAt: at(2) }), 'updated');
    const row = await onlyRow();
    assert.equal(row.image_url, 'https://www.gov.br/mec/obras.jpg');
    assert.equal(row.video_url, 'https://www.gov.br/mec/video.mp4');
    assert.deepEqual(row.updated_datetime, updatedDatetime);
  });

  test('a date of a better source wins over a worse one, whichever comes first', async () => {
    const exact = { publishedAt: new Date('2026-11-10T12:00:00Z'), publishedAtSource: 'page' } as const;
    const midnight = { publishedAt: new Date('2026-11-10T03:00:00Z'), publishedAtSource: 'listing' } as const;
    await store(midnight);
    assert.equal(await store({ ...exact, extractedAt: at(1) }), 'updated');
    assert.equal(await store({ ...midnight, extractedAt: at(2) }), 'unchanged');
    const row = await onlyRow();
    assert.deepEqual([row.published_at, row.published_at_source], [exact.publishedAt, 'page']);
  });

  test('a date that a better source confirms is from then on that of the better source', async () => {
    const publishedAt = new Date('2026-11-10T03:00:00Z');
    await store({ publishedAt, publishedAtSource: 'listing' });
    assert.equal(await store({ publishedAt, publishedAtSource: 'json-ld', extractedAt: at(1) }), 'unchanged');
    const other = {
      publishedAt: new Date('2026-11-11T03:00:00Z'),
      publishedAtSource: 'listing',
      extractedAt: at(2),
    } as const;
    assert.equal(await store(other), 'unchanged');
    const row = await onlyRow();
    assert.deepEqual([row.published_at, row.published_at_source, row.version], [publishedAt, 'json-ld', 1]);
  });

  test('an article without a date keeps the day of its first visit', async () => {
    const visit = (minute: number) =>
      ({ publishedAt: at(minute), publishedAtSource: 'first-seen', extractedAt: at(minute) }) as const;
    await store(visit(1));
    assert.equal(await store(visit(2)), 'unchanged');
    assert.equal(await store({ ...visit(3), title: 'Editada' }), 'updated');
    assert.deepEqual((await onlyRow()).published_at, at(1));
  });

  test('a page read before the last visit changes nothing', async () => {
    await store({ title: 'Novo', extractedAt: at(30) });
    assert.equal(await store({ title: 'Velho', extractedAt: at(10) }), 'unchanged');
    const row = await onlyRow();
    assert.equal(row.title, 'Novo');
    assert.deepEqual(row.last_seen_at, at(30));
  });

  test('an article that had gone from the site is back when it is seen again', async () => {
    await store();
    await database.db.query('update news set removed_at = now()');
    assert.equal(await store({ extractedAt: at(1) }), 'updated');
    const row = await onlyRow();
    assert.equal(row.removed_at, null);
    assert.deepEqual([row.version, row.revision], [3, 1]);
  });

  test('the same text under the same title and date at a second URL is the same article, and the first wins', async () => {
    await store();
    recorder.published.length = 0;
    assert.equal(await store({ canonicalUrl: 'https://www.gov.br/mec/copia' }), 'unchanged');
    const row = await onlyRow();
    assert.equal(row.canonical_url, 'https://www.gov.br/mec/pt-br/noticias/obras');
    assert.deepEqual(recorder.published, []);
  });

  test('another text under the same title and date is another article, under an id that is a digit longer', async () => {
    await store();
    const { unique_id, legacy_unique_id } = await onlyRow();
    const second = { canonicalUrl: 'https://www.gov.br/mec/outra', content: 'Outro texto.' };
    assert.equal(await store(second), 'inserted');
    assert.equal(await store(second), 'unchanged');
    const ids = (await rows()).map((row) => row.unique_id);
    assert.deepEqual(ids.sort(), [unique_id, `${unique_id}${(legacy_unique_id as string)[6]}`]);
  });

  test('a unique_id that another article has grows by a digit', async () => {
    await store();
    const { unique_id } = await onlyRow();
    const legacy = (await onlyRow()).legacy_unique_id as string;
    // Another article that came to have the same slug and the same first six digits.
    await database.db.query(`update news set canonical_url = 'https://www.gov.br/mec/antiga', legacy_unique_id = null`);
    assert.equal(await store(), 'inserted');
    const ids = (await rows()).map((row) => row.unique_id);
    assert.deepEqual(ids.sort(), [unique_id, `${unique_id}${legacy[6]}`]);
  });

  test('an article of an unknown agency fails for good by an error that names the agency, and leaves nothing', async () => {
    await assert.rejects(store({ agencyKey: 'minc' }), (error) => {
      assert.ok(error instanceof PermanentError);
      assert.match(error.message, /"minc".*noticias\/obras/);
      return true;
    });
    assert.deepEqual(await rows(), []);
  });

  test('text that Postgres cannot hold loses only the characters it cannot hold', async () => {
    const tags = ['a\0b', '\0', ...Array.from({ length: 998 }, (_, i) => `tag ${i}`)];
    const category = `${'ç'.repeat(499)}😀${'x'.repeat(200)}`;
    const title = 'Título\0 partido \ud800';
    await store({ title, subtitle: '', editorialLead: '\0', content: `${'á'.repeat(1_500_000)}\0`, category, tags });
    const row = await onlyRow();
    assert.equal(row.title, 'Título partido \ufffd');
    assert.equal(row.subtitle, null);
    assert.equal(row.editorial_lead, null);
    assert.equal((row.content as string).length, 1_500_000);
    assert.equal(row.category, `${'ç'.repeat(499)}😀`);
    assert.deepEqual((row.tags as string[]).slice(0, 2), ['ab', 'tag 0']);
    assert.equal((row.tags as string[]).length, 999);
    assert.equal(
      await store({ title, subtitle: null, content: 'á'.repeat(1_500_000), category, tags, extractedAt: at(1) }),
      'unchanged',
    );
  });

  test('storing an article closes its open failure', async () => {
    const subject = scrapedArticle().canonicalUrl;
    await recordFailure(database.db, { stage: 'scrape', subject, data: {}, attributes: {}, error: 'x' });
    await store();
    assert.equal((await database.db.query('select from quarantine where closed_at is null')).rowCount, 0);
  });

  test('a message that cannot be published stays in the outbox, beside the stored article', async () => {
    recorder.failWith = new Error('no broker');
    assert.equal(await store(), 'inserted');
    const { unique_id } = await onlyRow();
    const { rows: outbox } = await database.db.query('select topic, data from outbox');
    assert.deepEqual(outbox, [{ topic: 'scraped', data: { unique_id, version: 1 } }]);
  });

  test('writers of one URL at the same time make one row, one version an edit, and no error', async () => {
    const databases = await Promise.all([1, 2].map(() => openPostgres({ url: database.url }, { maxConnections: 1 })));
    try {
      for (let round = 0; round < 40; round++) {
        const canonicalUrl = `https://www.gov.br/mec/rodada-${round}`;
        const title = `Rodada ${round}`;
        const write = (fields: Partial<ScrapedArticle>) =>
          Promise.all(
            databases.map((db, writer) =>
              storeArticle(
                scrapedArticle({
                  canonicalUrl,
                  title,
                  ...fields,
                  imageUrl: writer ? null : 'https://www.gov.br/i.jpg',
                }),
                context,
                { ...recorder, db },
              ),
            ),
          );
        const outcomes = await write({});
        assert.ok(
          outcomes.includes('inserted') && !outcomes.every((outcome) => outcome === 'inserted'),
          String(outcomes),
        );
        await write({ content: 'Editado.', extractedAt: at(10) });
        const { rows } = await database.db.query<{ unique_id: string }>(
          'select unique_id from news where canonical_url = $1',
          [canonicalUrl],
        );
        assert.equal(rows.length, 1);
        const row = await readArticle(database.db, rows[0]!.unique_id);
        assert.equal(row.image_url, 'https://www.gov.br/i.jpg', 'the writer without an image does not take it away');
        assert.equal(row.revision, 2);
        const announced = recorder.published.filter(
          ({ data }) => (data as { unique_id: string }).unique_id === row.unique_id,
        );
        assert.equal(announced.length, row.version, 'one message a version');
      }
    } finally {
      await Promise.all(databases.map((db) => db.close()));
    }
  });
});
