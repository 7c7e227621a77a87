import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readStatus } from '../../../functions/api/status.ts';
import { databases, encoder, type OpenDatabase, serveApi } from './api-server.ts';
import { seedArticles, seedCatalogue } from './seed.ts';

for (const { name, skip, open } of databases) {
  describe(`status on ${name}`, { skip }, () => {
    let database: OpenDatabase;
    before(async () => {
      database = await open();
    });
    after(async () => {
      await database?.drop();
    });

    test('is all zero in an empty database', async () => {
      const none = { enrich: 0, embed: 0, sync: 0 };
      assert.deepEqual(await readStatus(database.db, {}), {
        articles: 0,
        removed: 0,
        enriched: 0,
        embedded: 0,
        synced: 0,
        pending: none,
        parked: none,
        lag_seconds: none,
        quarantine: {},
        scrape_runs: [],
        sources: { active: 0, failing: 0, stale: 0, held: 0, never_succeeded: 0, flagged: 0, worst: [] },
        outbox: 0,
        hub_journal: { open: 0, oldest_at: null },
        last_export: null,
        alerts: [],
      });
    });

    test('counts what each stage reached, what it has to do, and for how long', async () => {
      const { db } = database;
      await seedCatalogue(db);
      await seedArticles(
        db,
        ['pronta', 'indexar', 'codificar', 'nova', 'removida-a-indexar', 'removida'].map((id) => {
          return { id: `${id}_000000`, title: id, isRemoved: id.startsWith('removida') };
        }),
      );
      // Enriched later than scraped: the age counts from the last stage that wrote.
      await db.query(`update news set extracted_at = now() - interval '1 hour',
        enriched_at = case when unique_id = 'codificar_000000' then now() - interval '10 minutes' end`);
      await db.query(
        `update news set enriched_revision = revision, enriched_rank = 1 where unique_id <> 'nova_000000'`,
      );
      await db.query(`update news set embedded_text_hash = embedding_text_hash
        where unique_id not in ('nova_000000', 'codificar_000000')`);
      await db.query(`update news set synced_version = version
        where unique_id in ('pronta_000000', 'removida_000000')`);
      const status = await readStatus(db, {});
      assert.deepEqual(
        [status.articles, status.removed, status.enriched, status.embedded, status.synced],
        [4, 2, 3, 2, 1],
      );
      assert.deepEqual(status.pending, { enrich: 1, embed: 2, sync: 4 });
      const { lag_seconds: lag } = status;
      for (const stage of ['enrich', 'embed', 'sync'] as const)
        assert.ok(lag[stage] >= 3600 && lag[stage] < 3660, stage);

      await db.query(`update news set enriched_revision = revision, enriched_rank = 1,
        embedded_text_hash = embedding_text_hash where unique_id = 'nova_000000'`);
      const later = await readStatus(db, {});
      assert.equal(later.lag_seconds.enrich, 0);
      assert.ok(later.lag_seconds.embed >= 600 && later.lag_seconds.embed < 660);
    });

    test('counts what is parked apart, and not as late', async () => {
      const { db } = database;
      const before = await readStatus(db, {});
      await db.query(`update news set parked_version = version where unique_id = 'codificar_000000'`);
      const { pending, parked, lag_seconds: lag } = await readStatus(db, {});
      assert.deepEqual([pending.embed, parked.embed, lag.embed], [before.pending.embed - 1, 1, 0]);
      await db.query('update news set parked_version = null');
    });

    test('takes a better enricher and another model for work to do', async () => {
      assert.equal(
        (await readStatus(database.db, { enricherRank: 1, embeddingModel: encoder.model })).pending.enrich,
        0,
      );
      const { pending, enriched, embedded } = await readStatus(database.db, {
        enricherRank: 2,
        embeddingModel: 'other',
      });
      assert.deepEqual([pending.enrich, pending.embed, enriched, embedded], [6, 6, 0, 0]);
    });

    test('counts failures, runs of the last day, messages to publish and what was exported', async () => {
      const { db } = database;
      await db.query(`insert into quarantine (stage, subject, error, closed_at) values
        ('scrape', 'a', 'e', null), ('scrape', 'b', 'e', null), ('embed', 'a', 'e', null), ('sync', 'a', 'e', now())`);
      await db.query(`insert into scrape_runs
        (agency_key, source_url, start_date, end_date, status, category, started_at) values
        ('mec', 'u', '2026-01-01', '2026-01-01', 'succeeded', null, now()),
        ('mec', 'u', '2026-01-01', '2026-01-01', 'failed', 'anti_bot', now() - interval '23 hours'),
        ('ibge', 'u', '2026-01-01', '2026-01-01', 'failed', 'anti_bot', now()),
        ('ibge', 'u', '2026-01-01', '2026-01-01', 'failed', 'html_changed', now() - interval '25 hours')`);
      await db.query(`insert into outbox (topic, data) values ('scraped', '{}'), ('scraped', '{}')`);
      await db.query(`insert into hub_shards
        (repo, branch, path, period, row_count, digest, sha256, size, commit, exported_at) values
        ('r', 'main', 'a', '2025-12', 10, '', '', 1, 'first', '2026-01-01T00:00:00Z'),
        ('r', 'main', 'b', '2026-01-01', 5, '', '', 1, 'second', '2026-01-02T00:00:00Z'),
        ('other', 'main', 'a', '2025-12', 99, '', '', 1, 'older', '2025-12-31T00:00:00Z')`);
      const api = await serveApi(db);
      const { status, body, headers } = await api.get('/status');
      await api.close();
      assert.equal(status, 200);
      assert.equal(headers.get('cache-control'), 'public, max-age=10');
      assert.deepEqual(body.quarantine, { embed: 1, scrape: 2 });
      assert.deepEqual(body.scrape_runs, [
        { status: 'failed', category: 'anti_bot', count: 2 },
        { status: 'succeeded', category: null, count: 1 },
      ]);
      assert.equal(body.outbox, 2);
      assert.deepEqual(body.last_export, {
        repo: 'r',
        branch: 'main',
        commit: 'second',
        exported_at: '2026-01-02T00:00:00.000Z',
        shards: 2,
        rows: 15,
      });
    });

    test('alerts say which stage fails too often, covers too little, or has dead letters', async () => {
      const { db } = database;
      const fresh = await open();
      try {
        await seedCatalogue(fresh.db);
        const ids = Array.from({ length: 20 }, (_, index) => `a${index}_000000`);
        await seedArticles(
          fresh.db,
          ids.map((id) => ({ id, title: id })),
        );
        await fresh.db.query(`update news set enriched_revision = revision, enriched_at = now(),
          embedded_text_hash = embedding_text_hash, embedding_generated_at = now() - interval '25 hours',
          synced_version = version, synced_at = now() - interval '23 hours'`);
        const alerts = async () =>
          (await readStatus(fresh.db, {})).alerts.map(({ kind, stage, value }) => [
            kind,
            stage,
            Math.round(value * 1000),
          ]);
        assert.deepEqual(await alerts(), []);

        // One of 20 and itself is below 5 %; closed ones count as failed too; old ones do not.
        await fresh.db.query(`insert into quarantine (stage, subject, error, first_failed_at, closed_at) values
          ('enrich', 'a', 'e', now(), now()), ('sync', 'a', 'e', now() - interval '25 hours', null),
          ('embed', 'a', 'e', now(), now())`);
        assert.deepEqual(await alerts(), [
          ['failure_rate', 'embed', 1000],
          ['dead_letters', 'sync', 1000],
        ]);
        await fresh.db.query(`insert into quarantine (stage, subject, error) values ('enrich', 'b', 'e')`);
        await fresh.db.query(`update news set synced_version = 0 where unique_id < 'a12'`);
        const [failing, , uncovered] = (await readStatus(fresh.db, {})).alerts;
        assert.deepEqual(failing, {
          kind: 'failure_rate',
          stage: 'enrich',
          value: 2 / 22,
          threshold: 0.05,
          text: 'enrich: 2 de 22 falharam nas últimas 24 horas (9,1%; limite 5%)',
        });
        assert.deepEqual([uncovered!.kind, uncovered!.stage], ['coverage', 'sync']);
        assert.match(uncovered!.text, /^sync: cobertura de \d\d%/);
        await fresh.db.query('truncate quarantine');
        await fresh.db.query('update news set synced_version = version');
        await fresh.db.query(`insert into scrape_runs (agency_key, source_url, start_date, end_date, status)
          select 'mec', 'u', '2026-01-01', '2026-01-01', status
          from generate_series(1, 19), (values ('succeeded'), ('running')) as run (status)`);
        const fail = `insert into scrape_runs (agency_key, source_url, start_date, end_date, status)
          values ('mec', 'u', '2026-01-01', '2026-01-01', 'failed')`;
        await fresh.db.query(fail);
        assert.deepEqual(await alerts(), [], '1 of 20 is 5 %');
        await fresh.db.query(fail);
        assert.deepEqual(await alerts(), [['failure_rate', 'scrape', 95]]);
        await fresh.db.query('truncate scrape_runs');
        await fresh.db.query(`insert into outbox (topic, data, attributes, created_at)
          values ('synced', '{}', '{}', now() - interval '14 minutes'), ('synced', '{}', '{}', now() - interval '16 minutes')`);
        const [stuck, ...others] = (await readStatus(fresh.db, {})).alerts;
        assert.deepEqual([stuck!.kind, stuck!.value, others], ['outbox', 1, []]);
        assert.equal(stuck!.text, 'outbox: 1 mensagem espera publicação há mais de 15 minutos');
      } finally {
        await fresh.drop();
      }
      assert.ok((await readStatus(db, {})).alerts.length > 0);
    });

    test('counts the sources that need an eye, and names the worst without the text of their errors', async () => {
      const { db } = database;
      await db.query(`insert into sources (agency_key, url, is_active, held_at, held_reason)
        select 'ibge', 'https://ibge/' || number, number > 1, case when number = 2 then now() end, 'vanished'
        from generate_series(1, 53) as number`);
      await db.query(`insert into sources (agency_key, url) values ('mec', 'https://mec/n')`);
      await db.query(`insert into scrape_runs
        (agency_key, source_url, start_date, end_date, status, category, error_message, started_at, finished_at) values
        ('mec', 'https://mec/n', '2026-01-01', '2026-01-01', 'succeeded', null, null, '2026-01-01', '2026-01-01T00:01Z'),
        ('mec', 'https://mec/n', '2026-01-02', '2026-01-02', 'failed', 'anti_bot', 'at 10.1.2.3', '2026-01-02', null)`);
      await db.query(`update news set agency_key = 'mec', published_at = now() - interval '200 days'`);
      const api = await serveApi(db);
      const { body, text } = await api.get('/status');
      await api.close();
      const { worst, ...counts } = body.sources;
      assert.deepEqual(counts, { active: 53, failing: 1, stale: 1, held: 1, never_succeeded: 52, flagged: 53 });
      assert.equal(worst.length, 50);
      assert.deepEqual(
        [worst[0], worst[2]].map(({ agency_key, url, flags }) => [agency_key, url, flags]),
        [
          ['ibge', 'https://ibge/2', ['held', 'never_run']],
          ['ibge', 'https://ibge/10', ['never_run']],
        ],
      );
      const { newest_article_at: newest, ...failing } = worst[1];
      assert.deepEqual(failing, {
        agency_key: 'mec',
        url: 'https://mec/n',
        flags: ['failing', 'stale'],
        last_success_at: '2026-01-01T00:01:00.000Z',
        consecutive_failures: 1,
        category: 'anti_bot',
        articles_24h: 0,
        articles_7d: 0,
        usual_articles_per_day: 0,
        usual_gap_days: null,
      });
      assert.ok(Date.parse(newest) < Date.now() - 199 * 86_400_000);
      assert.ok(!text.includes('10.1.2.3'));
    });
  });
}
