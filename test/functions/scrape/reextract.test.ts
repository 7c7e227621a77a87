import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Dispatcher } from 'undici';
import { extractors } from '../../../functions/scrape/detect.ts';
import { ExtractionError } from '../../../functions/scrape/errors.ts';
import type { ExtractedArticle, Extractor } from '../../../functions/scrape/extractors/extractor.ts';
import { createHostGate } from '../../../functions/scrape/fetch/host-gate.ts';
import { createRobots } from '../../../functions/scrape/fetch/robots.ts';
import { createFolderRawStore } from '../../../functions/scrape/raw-store/folder.ts';
import type { RawStore } from '../../../functions/scrape/raw-store/raw-store.ts';
import { type ReextractOptions, reextract } from '../../../functions/scrape/reextract/reextract.ts';
import type { ReextractReport } from '../../../functions/scrape/reextract/report.ts';
import { runScrape } from '../../../functions/scrape/run.ts';
import { openPglite } from '../../../infra/local/pglite.ts';
import { migrateUp } from '../../../infra/migrate.ts';
import { articleWrites } from '../../../shared/article-writes.ts';
import type { Database } from '../../../shared/database.ts';
import type { Platform } from '../../../shared/platform.ts';
import { contextFrom } from '../../../shared/stage-context.ts';
import { sitesDispatcher } from '../../stand-ins/sites/dispatcher.ts';
import { type Sites, startSites } from '../../stand-ins/sites/server.ts';
import { SAMPLE_NOW, SAMPLE_SOURCES } from '../../stand-ins/sites/sources.ts';
import { createRecorder } from '../../support/articles.ts';
import { createTestDatabase, type TestDatabase, withoutPostgres } from '../../support/database.ts';

type Extractors = Record<Platform, Extractor>;
type Change = (article: ExtractedArticle, url: string) => ExtractedArticle;

/** Today's extractors, of a later version and with another yield. */
function changed(change: Change = (article) => article, version = 1000): Extractors {
  const entries = Object.values(extractors).map((extractor): [Platform, Extractor] => [
    extractor.platform,
    {
      ...extractor,
      version,
      parseArticle: (page, url) => change(extractor.parseArticle(page, url), url),
      parseListing: (page) => {
        const listing = extractor.parseListing(page);
        const items = listing.items.map((item) => {
          const { readArticle } = item;
          return readArticle ? { ...item, readArticle: () => change(readArticle(), item.url) } : item;
        });
        return { ...listing, items };
      },
    },
  ]);
  return Object.fromEntries(entries) as Extractors;
}

const better: Change = (article) => ({ ...article, content: `${article.content}\n\nMelhor.` });
const counts = ({ outcomes }: ReextractReport) =>
  Object.fromEntries(Object.entries(outcomes).filter(([, count]) => count > 0));

describe('reextract', { skip: withoutPostgres }, () => {
  let database: TestDatabase;
  let db: Database;
  let folder: string;
  let rawStore: RawStore;
  let sites: Sites;
  let dispatcher: Dispatcher;
  let now: Date;
  const recorder = createRecorder();
  const context = contextFrom();

  before(async () => {
    database = await createTestDatabase();
    ({ db } = database);
    await seedSources(db);
  });
  after(async () => {
    await dispatcher?.destroy();
    await sites?.close();
    if (folder) await rm(folder, { recursive: true });
    await database?.drop();
  });
  beforeEach(async () => {
    await dispatcher?.destroy();
    await sites?.close();
    if (folder) await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'reextract-'));
    rawStore = createFolderRawStore(folder);
    sites = await startSites({ articles: 48, broken: 1 });
    dispatcher = sitesDispatcher(sites.port);
    now = new Date(SAMPLE_NOW);
    await db.query('truncate news, news_features, pages, scrape_runs, outbox, quarantine, hosts, host_slots cascade');
    await scrapeAll(db);
    recorder.published.length = 0;
    recorder.lines.length = 0;
  });

  async function seedSources(target: Database): Promise<void> {
    for (const { agencyKey, name, listingUrl } of SAMPLE_SOURCES) {
      await target.query('insert into agencies (key, name) values ($1, $2)', [agencyKey, name]);
      await target.query('insert into sources (agency_key, url) values ($1, $2)', [agencyKey, listingUrl]);
    }
  }

  async function scrapeAll(target: Database, allowUpdate = false, agency?: string): Promise<void> {
    for (const { agencyKey, listingUrl } of SAMPLE_SOURCES) {
      if (agency && agency !== agencyKey) continue;
      const request = {
        agencyKey,
        sourceUrl: listingUrl,
        startDate: sites.firstDay,
        endDate: sites.lastDay,
        allowUpdate,
      };
      await runScrape(request, context, {
        ...recorder,
        db: target,
        storage: articleWrites,
        dispatcher,
        gate: createHostGate({ maxInFlight: 4, minIntervalMs: 0 }),
        robots: createRobots(),
        rawStore,
        userAgent: 'Test/1.0 (+https://exemplo.org)',
        revisitDays: 7,
        maxRevisits: 200,
        maxPages: 100,
        budgetMs: 60_000,
        now: () => now,
      });
    }
  }

  const run = (
    options: Partial<ReextractOptions> & { with?: Extractors; store?: Pick<RawStore, 'read'>; target?: Database } = {},
  ) => {
    const { with: used = changed(), store = rawStore, target = db, ...rest } = options;
    const deps = { ...recorder, db: target, rawStore: store, extractors: used };
    return reextract({ batchSize: 7, ...rest }, context, deps);
  };
  const rows = async <T = Record<string, unknown>>(sql: string, values?: unknown[]) =>
    (await db.query<T & object>(sql, values)).rows as T[];
  /** Every row with the transaction that wrote it. */
  const everything = async () => ({
    news: await rows('select xmin::text, * from news order by unique_id'),
    pages: await rows('select xmin::text, * from pages order by canonical_url'),
    quarantine: await rows('select xmin::text, * from quarantine order by subject'),
    outbox: await rows('select * from outbox'),
  });
  const articles = () => rows('select xmin::text, * from news order by unique_id');
  const revisions = () =>
    rows<{ revision: number; count: number }>('select revision, count(*) from news group by 1 order by 1');
  const urlOf = async (agency: string) =>
    (
      await rows<{ url: string }>(
        `select canonical_url as url from news where agency_key = $1 and published_at_source <> 'first-seen'
         order by canonical_url limit 1`,
        [agency],
      )
    )[0]!.url;

  test('what the extractors in force have read is not read again', async () => {
    const found = await everything();
    const report = await run({ with: extractors });
    assert.deepEqual(counts(report), { still_unreadable: 1 });
    assert.deepEqual((await everything()).news, found.news);
    assert.deepEqual(recorder.published, []);
  });

  test('what comes out the same is not touched, but for the note of who read it last', async () => {
    const before = await articles();
    assert.equal(before.length, 48);
    assert.deepEqual(counts(await run()), { same: 48, still_unreadable: 1, not_stored: 5 });
    assert.deepEqual(await articles(), before);
    assert.deepEqual(recorder.published, []);
    assert.deepEqual(counts(await run()), { still_unreadable: 1 });
    assert.deepEqual(await rows('select count(*) from pages where extractor_version = 1000'), [{ count: 53 }]);
  });

  test('what comes out differently becomes a revision with its message, once', async () => {
    const before = await articles();
    const change: Change = (article, url) => (url.includes('/mec/') ? better(article, url) : article);
    const report = await run({ with: changed(change) });
    assert.deepEqual(counts(report), { same: 44, changed: 4, still_unreadable: 1, not_stored: 5 });
    assert.deepEqual(report.fields, { content: 4 });
    const after = await articles();
    for (const [index, { agency_key, ...row }] of after.entries()) {
      if (agency_key !== 'mec') assert.deepEqual({ agency_key, ...row }, before[index]);
      else {
        const { content, extracted_at, last_seen_at, published_at } = before[index]!;
        assert.equal(row.content, `${content}\n\nMelhor.`);
        assert.equal(row.revision, 2);
        // Still as old as the visit: what is read from now on is newer.
        const { extracted_at: extractedAt, last_seen_at: lastSeenAt, published_at: publishedAt } = row;
        assert.deepEqual([extractedAt, lastSeenAt, publishedAt], [extracted_at, last_seen_at, published_at]);
      }
    }
    const nudges = after
      .filter(({ agency_key }) => agency_key === 'mec')
      .map(({ unique_id, version }) => ({ unique_id, version }));
    assert.deepEqual(
      recorder.published
        .map(({ data }) => data as { unique_id: string })
        .sort((a, b) => (a.unique_id < b.unique_id ? -1 : 1)),
      nudges,
    );
    assert.ok(recorder.published.every(({ topic }) => topic === 'scraped'));
    assert.deepEqual(counts(await run({ with: changed(change) })), { still_unreadable: 1 });
    assert.equal(recorder.published.length, 4);
  });

  test('every platform is read again, also where a listing carried the articles', async () => {
    const report = await run({ with: changed(better) });
    assert.equal(report.outcomes.changed, 48);
    const loss = Object.entries(report.text_loss).map(([platform, { compared, halved }]) => [
      platform,
      compared,
      halved,
    ]);
    assert.deepEqual(loss.sort(), [
      ['agencia-brasil', 4, 0],
      ['classic', 32, 0],
      ['tv-brasil', 4, 0],
      ['volto', 8, 0],
    ]);
    assert.deepEqual(await revisions(), [{ revision: 2, count: 48 }]);
  });

  test('a message that cannot be published stays in the outbox', async () => {
    recorder.failWith = new Error('away');
    try {
      await run({ with: changed(better), agencies: ['saude'] });
    } finally {
      recorder.failWith = undefined;
    }
    assert.deepEqual(await rows('select topic, count(*) from outbox group by 1'), [{ topic: 'scraped', count: 4 }]);
  });

  test('a run that is cut off goes on where it stopped', async () => {
    const controller = new AbortController();
    let reads = 0;
    const store = {
      read: async (path: string) => {
        if (++reads === 20) controller.abort();
        return await rawStore.read(path);
      },
    };
    // Without the sample, which would be read first.
    await assert.rejects(run({ with: changed(better), store, isForced: true, signal: controller.signal }), {
      name: 'AbortError',
    });
    const [{ count: done } = { count: 0 }] = await rows<{ count: number }>(
      'select count(*) from news where revision = 2',
    );
    assert.ok(done > 5 && done < 40, `${done}`);
    const report = await run({ with: changed(better) });
    assert.equal(report.outcomes.changed, 48 - done);
    assert.deepEqual(await revisions(), [{ revision: 2, count: 48 }]);
    assert.equal(recorder.published.length, 48);
  });

  test('two runs at once make one revision', async () => {
    const reports = await Promise.all([run({ with: changed(better) }), run({ with: changed(better) })]);
    assert.deepEqual(await revisions(), [{ revision: 2, count: 48 }]);
    assert.equal(recorder.published.length, 48);
    assert.equal(reports[0]!.outcomes.changed + reports[1]!.outcomes.changed, 48);
    assert.equal(reports[0]!.outcomes.failed + reports[1]!.outcomes.failed, 0);
  });

  test('a dry run writes nothing and says what a run would do', async () => {
    const change: Change = (article, url) => {
      if (url.includes('www.gov.br/saude/')) return { ...article, tags: [...article.tags, 'nova'], imageUrl: null };
      if (url.includes('www.gov.br/fazenda/')) return { ...article, subtitle: null, published: null };
      if (url.includes('/anvisa/')) throw new ExtractionError(url, 'title');
      return url.includes('tvbrasil') ? { ...article, title: `${article.title} \0` } : article;
    };
    const found = await everything();
    const dry = await run({ with: changed(change), isDryRun: true });
    assert.deepEqual(await everything(), found);
    assert.deepEqual(recorder.published, []);
    assert.equal(dry.fields.tags, 4);
    assert.equal(dry.fields.image_url, undefined, 'a stored image is kept');
    assert.ok(dry.examples.some(({ field, before, after }) => field === 'tags' && after === `${before}, nova`));
    const wet = await run({ with: changed(change) });
    assert.deepEqual(wet.outcomes, dry.outcomes);
    assert.deepEqual(wet.fields, dry.fields);
    assert.equal(wet.outcomes.changed, 12);
    assert.equal(recorder.published.length, 12);
  });

  test('an edit on the site is what is read, and a visit during the run wins', async () => {
    const url = await urlOf('mma');
    const index = sites.articles.findIndex((article) => article.url === url);
    sites.edit(index, { paragraphs: ['Texto corrigido pelo ministério, com palavras que bastam.'] });
    now = new Date(now.getTime() + 3_600_000);
    await scrapeAll(db, true, 'mma');
    await run({ with: changed(better, 1000), agencies: ['mma'] });
    const [edited] = await rows('select content from news where canonical_url = $1', [url]);
    assert.match(String(edited!.content), /corrigido pelo ministério.*Melhor\.$/s);

    recorder.published.length = 0;
    let isVisited = false;
    const store = {
      read: async (path: string) => {
        const raw = await rawStore.read(path);
        if (raw.requestedUrl.startsWith(url) && !isVisited) {
          isVisited = true;
          sites.edit(index, { paragraphs: ['Segunda correção, com palavras que bastam.'] });
          now = new Date(now.getTime() + 3_600_000);
          await scrapeAll(db, true, 'mma');
        }
        return raw;
      },
    };
    const worse: Change = (article) => ({ ...article, content: `${article.content}\n\nDa página antiga.` });
    const report = await run({ with: changed(worse, 1001), agencies: ['mma'], store, isForced: true });
    assert.ok(isVisited);
    assert.ok(report.outcomes.visited_meanwhile >= 1, JSON.stringify(counts(report)));
    const [visited] = await rows('select content from news where canonical_url = $1', [url]);
    assert.match(String(visited!.content), /Segunda correção/);
    assert.doesNotMatch(String(visited!.content), /corrigido pelo|antiga/);

    // What the visit brought is read by the next run.
    await run({ with: changed(worse, 1001), agencies: ['mma'] });
    const [last] = await rows('select content from news where canonical_url = $1', [url]);
    assert.match(String(last!.content), /Segunda correção.*Da página antiga\.$/s);
  });

  test('what was stored of a newer page than the one kept stays', async () => {
    const url = await urlOf('defesa');
    await db.query(
      `update news set content = 'Mais novo.', last_seen_at = last_seen_at + interval '1 hour' where canonical_url = $1`,
      [url],
    );
    const report = await run({ with: changed(better), agencies: ['defesa'] });
    assert.deepEqual([report.outcomes.superseded, report.outcomes.changed], [1, 3]);
    assert.deepEqual(await rows('select content from news where canonical_url = $1', [url]), [
      { content: 'Mais novo.' },
    ]);
    assert.equal((await run({ with: changed(better), agencies: ['defesa'] })).pages, 0);
  });

  test('a run of the scraper after it is newer than what it stored', async () => {
    await run({ with: changed(better), agencies: ['mcti'] });
    const url = await urlOf('mcti');
    sites.edit(
      sites.articles.findIndex((article) => article.url === url),
      { title: 'Título corrigido' },
    );
    now = new Date(now.getTime() + 1);
    await scrapeAll(db, true, 'mcti');
    const [row] = await rows('select title, revision from news where canonical_url = $1', [url]);
    assert.deepEqual(row, { title: 'Título corrigido', revision: 3 });
  });

  test('an article that was found unchanged on a later visit is read again all the same', async () => {
    now = new Date(now.getTime() + 3_600_000);
    await scrapeAll(db, true, 'mcti');
    const before = await rows(`select last_seen_at from news where agency_key = 'mcti'`);
    assert.deepEqual(before[0]!.last_seen_at, now);
    const report = await run({ with: changed(better), agencies: ['mcti'] });
    assert.equal(report.outcomes.changed, 4);
    assert.deepEqual(await rows(`select last_seen_at from news where agency_key = 'mcti'`), before);
  });

  test('a better date reaches the article and the note of its page', async () => {
    const publishedAt = new Date('2026-11-12T12:34:00Z');
    const dated: Change = (article) => ({ ...article, published: { instant: publishedAt, source: 'json-ld' } });
    const report = await run({ with: changed(dated), agencies: ['mec'] });
    assert.deepEqual(report.fields, { published_at: 4 });
    for (const table of ['news', 'pages']) {
      const found = await rows(
        `select distinct published_at from ${table} where agency_key = 'mec' and published_at > '2026-11-01'`,
      );
      assert.deepEqual(found, [{ published_at: publishedAt }], table);
    }
  });

  test('articles that were removed stay so, whoever removed them', async () => {
    await db.query(`update news set removed_at = now(), removed_by = 'site' where agency_key = 'mec'`);
    await db.query(`update news set removed_at = now(), removed_by = 'operator' where agency_key = 'saude'`);
    const before = await rows(`select xmin::text, * from news where removed_at is not null order by unique_id`);
    const report = await run({ with: changed(better), isForced: true });
    assert.equal(report.outcomes.changed, 40);
    assert.deepEqual(
      await rows(`select xmin::text, * from news where removed_at is not null order by unique_id`),
      before,
    );
  });

  test('an article without a date keeps the day it was first seen on', async () => {
    const undated = () =>
      rows(`select canonical_url, published_at from news where published_at_source = 'first-seen' order by 1`);
    const before = await undated();
    assert.ok(before.length > 0);
    now = new Date(now.getTime() + 2 * 86_400_000);
    await scrapeAll(db, true, 'anvisa');
    const pages = await rows('select canonical_url, published_at from pages order by 1');
    const report = await run({ with: changed(better), agencies: ['anvisa'] });
    assert.equal(report.outcomes.changed, 4);
    assert.deepEqual(report.fields, { content: 4 });
    assert.deepEqual(await undated(), before);
    assert.deepEqual(await rows('select canonical_url, published_at from pages order by 1'), pages);
  });

  test('a page that cannot be read any more leaves the article as it is', async () => {
    const url = await urlOf('cultura');
    const before = await articles();
    const change: Change = (article, address) => {
      if (address.startsWith(url)) throw new ExtractionError(address, 'content');
      return article;
    };
    const report = await run({ with: changed(change), agencies: ['cultura'] });
    assert.deepEqual([report.outcomes.unreadable, report.outcomes.same], [1, 3]);
    assert.equal(report.problems[0]!.outcome, 'unreadable');
    assert.deepEqual(await articles(), before);
    const again = await run({ with: changed(change), agencies: ['cultura'] });
    assert.deepEqual(counts(again), { still_unreadable: 1 });
    await db.query(
      `insert into quarantine (stage, subject, data, attributes, error) values ('scrape', $1, '{}', '{}', 'x')`,
      [url],
    );
    const mended = await run({ with: changed(undefined, 1001), agencies: ['cultura'] });
    assert.deepEqual(
      await rows('select closed_at from quarantine where subject = $1 and closed_at is null', [url]),
      [],
    );
    assert.equal(mended.outcomes.same, 4);
    assert.deepEqual(await articles(), before);
  });

  test('a page that could not be read becomes an article when it can, and its failure is closed', async () => {
    const [failure] = await rows<{ subject: string }>('select subject from quarantine where closed_at is null');
    const url = failure!.subject;
    const used = changed();
    const { classic } = used;
    used.classic = {
      ...classic,
      parseArticle: (page, address) => {
        if (!address.startsWith(url)) return classic.parseArticle(page, address);
        const none = { subtitle: null, editorialLead: null, imageUrl: null, videoUrl: null, category: null };
        return { ...none, title: 'Agora sim', content: 'Texto.', tags: [], published: null, updated: null };
      },
    };
    const report = await run({ with: used });
    assert.deepEqual(counts(report), { same: 48, new: 1, not_stored: 5 });
    const [row] = await rows('select title, version from news where canonical_url = $1', [url]);
    assert.deepEqual(row, { title: 'Agora sim', version: 1 });
    assert.equal(recorder.published.length, 1);
    assert.deepEqual(await rows('select subject from quarantine where closed_at is null'), []);
    const [page] = await rows('select published_at, extractor_version from pages where canonical_url = $1', [url]);
    assert.equal(page!.extractor_version, 1000);
    assert.ok(page!.published_at);
    assert.equal((await run({ with: used })).pages, 0);
  });

  test('raw pages that are gone or damaged are counted, and the run goes on', async () => {
    const paths = await rows<{ raw_path: string; url: string }>(
      `select raw_path, url from pages where agency_key = 'saude' order by canonical_url`,
    );
    await rm(join(folder, paths[0]!.raw_path));
    await writeFile(join(folder, paths[1]!.raw_path), 'x');
    const report = await run({ with: changed(better), agencies: ['saude'] });
    assert.deepEqual(
      [report.outcomes.missing, report.outcomes.failed, report.pages - report.outcomes.missing],
      [1, 1, paths.length - 1],
    );
    assert.deepEqual(
      report.problems.map(({ url }) => url),
      [paths[1]!.url],
    );
    const named = recorder.lines.filter(({ message }) => message === 'raw page gave no article').map(({ url }) => url);
    assert.deepEqual(named.sort(), [paths[0]!.url, paths[1]!.url].sort());
  });

  test('a fault of an extractor fails its page alone, which stays to be read', async () => {
    const url = await urlOf('mds');
    const change: Change = (article, address) => {
      if (address.startsWith(url)) throw new TypeError('x is undefined');
      return article;
    };
    const report = await run({ with: changed(change), agencies: ['mds'] });
    assert.deepEqual([report.outcomes.failed, report.outcomes.same], [1, 3]);
    assert.equal((await run({ agencies: ['mds'] })).outcomes.same, 1);
  });

  test('an extractor that loses the texts of a platform is refused before anything is written', async () => {
    const cut: Change = (article, url) =>
      url.includes('/mec/') || url.includes('/anvisa/') || url.includes('/incra/')
        ? { ...article, content: article.content.slice(0, 40) }
        : article;
    const found = await everything();
    // Half of Volto's texts: all 8; of classic's 4 of 32.
    const report = await run({ with: changed(cut) });
    assert.equal(report.refused, 'volto');
    assert.deepEqual(report.text_loss.volto, { compared: 8, halved: 8 });
    assert.equal(report.text_loss.classic?.halved, 4);
    assert.deepEqual(await everything(), found);
    const forced = await run({ with: changed(cut), isForced: true });
    assert.equal(forced.refused, null);
    assert.equal(forced.outcomes.changed, 12);
  });

  test('only pages of the agencies and days that are asked for are read', async () => {
    // 2 h UTC is the evening before in Brasília.
    await db.query(`update pages set visited_at = '2026-11-21T02:00:00Z'`);
    await db.query(`update pages set visited_at = '2026-11-21T03:00:00Z' where agency_key = 'mec'`);
    const asked = { isDryRun: true, isForced: true };
    const all = (await run(asked)).pages;
    assert.equal((await run({ ...asked, since: '2026-11-20' })).pages, all);
    const day = (await run({ ...asked, since: '2026-11-21' })).pages;
    assert.equal(day, (await run({ ...asked, agencies: ['mec'] })).pages);
    assert.ok(day >= 4 && day < 10);
    assert.equal((await run({ ...asked, agencies: ['mec'], since: '2026-11-22' })).pages, 0);
  });

  test('batches of any size read every page once', async () => {
    const sizes = [1, 2, 53, 54, 55, 500];
    for (const batchSize of sizes) {
      const seen: number[] = [];
      const onProgress = (report: ReextractReport, pageCount: number) => {
        assert.equal(pageCount, 54);
        seen.push(report.pages);
      };
      const report = await run({ isDryRun: true, batchSize, onProgress });
      assert.equal(report.pages, 54, `${batchSize}`);
      assert.equal(seen.at(-1), 54);
    }
  });

  test('what is kept of a run is bounded', async () => {
    const long: Change = (article) => ({
      ...article,
      content: `${article.content}${' palavra'.repeat(5000)}`,
      title: 'T',
    });
    const report = await run({ with: changed(long), isDryRun: true });
    assert.equal(report.fields.content, 48);
    assert.ok(report.examples.length <= 4);
    assert.ok(JSON.stringify(report).length < 20_000);
    assert.ok(report.examples.every(({ before, after }) => before !== after && before.length + after.length < 300));
  });

  test('the embedded database does the same', async () => {
    const embedded = await openPglite();
    try {
      await migrateUp(embedded);
      await seedSources(embedded);
      await scrapeAll(embedded);
      recorder.published.length = 0;
      const report = await run({ with: changed(better), target: embedded });
      assert.deepEqual(counts(report), { changed: 48, still_unreadable: 1, not_stored: 5 });
      assert.equal(recorder.published.length, 48);
      assert.deepEqual(counts(await run({ with: changed(better), target: embedded })), { still_unreadable: 1 });
    } finally {
      await embedded.close();
    }
  });
});
