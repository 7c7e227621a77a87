import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../../support/database.ts';
import { type Api, encoder, serveApi } from '../api-server.ts';
import { type SeedArticle, seedArticles, seedCatalogue } from '../seed.ts';

const day = (number: number) => new Date(Date.UTC(2026, 0, 1) + number * 86_400_000).toISOString();

/** Articles of one day each; of every third text there is a second article, some days older. */
const archive = Array.from({ length: 60 }, (_, index): SeedArticle => {
  const isCopy = index % 3 === 2 && index > 20;
  const original = isCopy ? index + 20 : index;
  return {
    id: `artigo-${index}_000000`,
    title: `Obras na escola ${index}`,
    content: `Escola e creche numero ${original % 7}.`,
    publishedAt: day(index),
    agency: index % 2 === 0 ? 'mec' : 'saude',
    contentHash: String(original).padStart(16, '0'),
  };
});

describe('pages of a search', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let api: Api;
  before(async () => {
    database = await createTestDatabase();
    await seedCatalogue(database.db);
    api = await serveApi(database.db);
  });
  after(async () => {
    await api?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.db.query('truncate news cascade');
    await seedArticles(database.db, archive);
  });

  interface Page {
    ids: string[];
    texts: string[];
    next: string | null;
  }
  const getPage = async (search: Record<string, string>): Promise<Page> => {
    const { status, body, text } = await api.get(`/search?${new URLSearchParams(search)}`);
    assert.equal(status, 200, text);
    const ids = body.results.map((result: { unique_id: string }) => result.unique_id);
    const { rows } = await database.db.query<{ unique_id: string; content_hash: string }>(
      'select unique_id, content_hash from news where unique_id = any($1::text[])',
      [ids],
    );
    return { ids, texts: rows.map((row) => row.content_hash), next: body.next };
  };
  /** All ids to the end; `between` runs before each page but the first. */
  const walk = async (search: Record<string, string>, between: (page: number) => Promise<void> = async () => {}) => {
    const ids: string[] = [];
    const texts: string[] = [];
    for (let cursor = '', page = 0; page < 100; page += 1) {
      if (page > 0) await between(page);
      const found = await getPage({ ...search, cursor });
      ids.push(...found.ids);
      texts.push(...found.texts);
      if (found.next === null) return { ids, texts };
      cursor = found.next;
    }
    throw new Error('there is no last page');
  };

  const searches: Record<string, string>[] = [
    {},
    { agency: 'mec' },
    { q: 'escola', sort: 'date' },
    { q: 'escola' },
    { q: 'obras na escola', agency: 'mec,saude' },
    { from: '2026-01-10', to: '2026-02-10' },
  ];

  test('give together what one large page gives, each text once', async () => {
    for (const search of searches) {
      const { ids: whole } = await getPage({ ...search, limit: '100' });
      for (const limit of ['7', '60']) {
        const { ids, texts } = await walk({ ...search, limit });
        assert.deepEqual(ids, whole, JSON.stringify({ ...search, limit }));
        assert.equal(new Set(texts).size, texts.length);
      }
    }
  });

  test('are not moved by what comes in between: new articles, old ones, and copies of what is still to be shown', async () => {
    for (const search of searches) {
      await database.db.query('truncate news cascade');
      await seedArticles(database.db, archive);
      const { ids: before } = await getPage({ ...search, limit: '100' });
      const { ids } = await walk({ ...search, limit: '7' }, async (page) => {
        const late = [day(100 + page), day(50), day(3 * page), day(-page)].map((publishedAt, index): SeedArticle => {
          const contentHash = String(59 - page * 5 - index).padStart(16, '0');
          const agency = page % 2 === 0 ? 'mec' : 'saude';
          return { ...archive[index]!, id: `novo-${page}-${index}_000000`, publishedAt, contentHash, agency };
        });
        await seedArticles(database.db, late);
      });
      assert.deepEqual(ids, before, JSON.stringify(search));
    }
  });

  test('are not moved by vectors that come in between', async () => {
    const waiting = "update news set embedding_model = 'none' where unique_id like 'artigo-1%'";
    const arrived = `update news set embedding_model = $1, embedding_generated_at = clock_timestamp()
      where unique_id like 'artigo-1%'`;
    await database.db.query(waiting);
    const { ids: before } = await getPage({ q: 'escola 17', limit: '100' });
    const { ids } = await walk({ q: 'escola 17', limit: '7' }, async () => {
      await database.db.query(arrived, [encoder.model]);
    });
    assert.deepEqual(ids, before);
  });

  test('stand while others write all the time', async () => {
    const { ids: before } = await getPage({ limit: '100' });
    let isDone = false;
    const writing = (async () => {
      for (let index = 0; !isDone && index < 500; index += 1) {
        const publishedAt = day((index * 7) % 60);
        await seedArticles(database.db, [{ ...archive[0]!, id: `escrito-${index}_000000`, publishedAt }]);
      }
    })();
    const { ids, texts } = await walk({ limit: '2' });
    isDone = true;
    await writing;
    // What was written before the first page was asked for is in it too.
    assert.deepEqual(
      ids.filter((id) => id.startsWith('artigo-') && id !== 'artigo-0_000000'),
      before.filter((id) => id !== 'artigo-0_000000'),
    );
    assert.equal(new Set(texts).size, texts.length);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('tell articles apart that were published within a millisecond, or at once', async () => {
    await database.db.query('truncate news cascade');
    const instants = ['.000001', '.000002', '.000999', '.000999', '.000999', '.001', '.001001'];
    const same = instants.map((fraction, index): SeedArticle => {
      return { id: `junto-${index}_000000`, title: `Junto ${index}`, publishedAt: `2026-01-01T00:00:00${fraction}Z` };
    });
    await seedArticles(database.db, same);
    const { ids } = await walk({ limit: '1' });
    assert.deepEqual(
      ids,
      [6, 5, 2, 3, 4, 1, 0].map((index) => `junto-${index}_000000`),
    );
  });

  test('tell articles apart in any year, to the microsecond', async () => {
    await database.db.query('truncate news cascade');
    const instants = ['0001-06-01T00:00:00.000001Z', '1850-06-01T00:00:00.123457Z', '9999-12-31T23:59:59.999998Z'];
    const pairs = instants.flatMap((instant) => [instant, instant.replace(/.Z$/, (last) => `${Number(last[0]) + 1}Z`)]);
    await seedArticles(
      database.db,
      pairs.map((publishedAt, index) => ({ id: `longe-${index}_000000`, title: 'Longe', publishedAt })),
    );
    const { ids } = await walk({ limit: '1' });
    assert.deepEqual(
      ids,
      [5, 4, 3, 2, 1, 0].map((index) => `longe-${index}_000000`),
    );
  });

  test('by relevance go on where the last results stand now: what is removed or embedded again hides no other', async () => {
    const { ids: before } = await getPage({ q: 'escola', sort: 'relevance', limit: '100' });
    const changes: [name: string, change: string, shown: readonly number[]][] = [
      ['the last is gone', 'set removed_at = now()', [6]],
      ['the first five are gone', 'set removed_at = now()', [0, 1, 2, 3, 4]],
      ['the last is embedded again', 'set embedding_generated_at = clock_timestamp()', [6]],
    ];
    for (const [name, change, shown] of changes) {
      const changed = shown.map((place) => before[place]!);
      const { ids } = await walk({ q: 'escola', limit: '7' }, async (page) => {
        if (page === 1) await database.db.query(`update news ${change} where unique_id = any($1::text[])`, [changed]);
      });
      const others = (all: readonly string[]) => all.filter((id) => !changed.includes(id));
      const isNew = (id: string) => before.includes(id);
      await database.db.query('update news set removed_at = null, embedding_generated_at = null');
      assert.deepEqual(others(ids).filter(isNew).toSorted(), others(before).toSorted(), name);
    }
  });

  test('say how many there are, and name the ids of copies', async () => {
    const { body } = await api.get('/search?limit=5');
    assert.equal(body.count, 5);
    assert.deepEqual(body.total, { count: 60, is_exact: true });
    const all = (await api.get('/search?limit=100')).body;
    const copies = all.results.flatMap((result: { copies: string[] }) => result.copies);
    assert.equal(all.count + copies.length, 60);
    const original = all.results.find((result: { unique_id: string }) => result.unique_id === 'artigo-43_000000');
    assert.deepEqual(original.copies, ['artigo-23_000000']);
  });

  test('end, and none follows the last', async () => {
    const { body } = await api.get('/search?limit=100');
    assert.equal(body.next, null);
    assert.equal((await api.get('/search?q=nadaconsta&sort=date')).body.next, null);
  });

  test('are asked for with the same search: another one, and what is no cursor, is refused', async () => {
    const { next } = await getPage({ q: 'escola', agency: 'mec,saude', limit: '5' });
    const refused = async (search: Record<string, string>) => {
      const { status, body } = await api.get(`/search?${new URLSearchParams(search)}`);
      assert.equal(status, 400, JSON.stringify(search));
      assert.deepEqual(
        body.invalid_parameters.map(({ parameter }: { parameter: string }) => parameter),
        ['cursor'],
      );
      return body.detail as string;
    };
    const cursor = next!;
    const same = { q: 'escola', agency: 'saude,mec', limit: '9', facets: 'year', cursor };
    assert.equal((await getPage(same)).ids.length, 9);
    for (const other of [{ q: 'creche' }, { agency: 'mec' }, { theme: '02' }, { tag: 'a' }, { sort: 'date' }]) {
      assert.match(await refused({ ...same, ...other }), /belongs to another search/);
    }
    const fields = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const forge = (changes: object) => Buffer.from(JSON.stringify({ ...fields, ...changes })).toString('base64url');
    const forged = [
      ...['x', '{}', '%00', 'null', '[]', cursor.slice(0, -4), '../../etc/passwd', 'a'.repeat(900), "' or 1=1 --"],
      ...[forge({ r: 0 }), forge({ r: 1.5 }), forge({ r: '1; drop table news' }), forge({ r: undefined })],
      ...[forge({ a: 1e300 }), forge({ a: null }), forge({ u: "x' or '1'='1" }), forge({ constructor: {} })],
      ...[forge({ p: -1e15 }), forge({ w: 2 }), forge({ m: 'x' }), forge({ b: ['a', 'b', 'c'] }), forge({ n: 1000 })],
    ];
    for (const one of forged) assert.match(await refused({ ...same, cursor: one }), /must be the `next` of an answer/);
    await refused({ cursor: 'a'.repeat(1001) });
    const harmless = [
      forge({ r: 999_999 }),
      forge({ a: 0 }),
      forge({ a: -6e13 }),
      forge({ f: 1 }),
      forge({ w: 1 }),
      forge({ b: [] }),
    ];
    for (const one of harmless)
      assert.equal((await api.get(`/search?${new URLSearchParams({ ...same, cursor: one })}`)).status, 200);
  });
});
