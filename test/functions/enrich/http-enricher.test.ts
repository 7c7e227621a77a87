import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { config, openEnricher } from '../../../functions/enrich/config.ts';
import type { EnrichableArticle, Taxonomy } from '../../../functions/enrich/enricher.ts';
import { createHttpEnricher } from '../../../functions/enrich/http-enricher.ts';
import { createLocalEnricher } from '../../../functions/enrich/local-enricher.ts';
import { loadConfig } from '../../../shared/config.ts';
import { ConfigError, PermanentError, RetryableError } from '../../../shared/errors.ts';
import { type EnricherStandIn, startEnricher, summaryOf } from '../../stand-ins/enricher.ts';

const article: EnrichableArticle = {
  title: 'Ministério anuncia obras em escolas',
  subtitle: null,
  editorialLead: 'Educação',
  content: 'O ministério anunciou obras.',
  category: null,
  tags: ['obras'],
  agencyKey: 'mec',
};
const theme = (code: string, parentCode: string | null): Taxonomy[number] => ({
  code,
  label: `Tema ${code}`,
  fullName: code,
  level: code.split('.').length as 1 | 2 | 3,
  parentCode,
  description: null,
  keywords: ['palavra'],
});
const taxonomy: Taxonomy = [theme('01', null), theme('01.01', '01'), theme('01.01.01', '01.01'), theme('02', null)];

describe('the HTTP enricher', () => {
  let standIn: EnricherStandIn;
  const enricher = (timeoutMs = 2_000) => createHttpEnricher({ url: standIn.url, apiKey: 'key', timeoutMs });
  const requestCount = () => standIn.requests().length;

  before(async () => {
    standIn = await startEnricher({ apiKey: 'key' });
  });
  after(() => standIn.close());
  beforeEach(() => standIn.recover());

  test('returns themes, summary and features of the text', async () => {
    const { themes, summary, features } = await enricher().enrich(article, taxonomy);
    assert.equal(summary, summaryOf({ ...article, lead: article.editorialLead }));
    assert.ok(['01', '02'].includes(themes.level1!));
    assert.deepEqual(features, { word_count: 4 });
  });

  test('outranks the local enricher and has a name of its own', () => {
    assert.ok(enricher().rank > createLocalEnricher().rank);
    assert.notEqual(enricher().name, createLocalEnricher().name);
  });

  for (const status of [429, 500, 503]) {
    test(`${status} is retryable, and asked once`, async () => {
      standIn.failNext(1, status);
      const before = requestCount();
      await assert.rejects(
        enricher().enrich(article, taxonomy),
        (error) => error instanceof RetryableError && error.message.includes(String(status)),
      );
      assert.equal(requestCount(), before + 1);
    });
  }

  test('a 429 says when to come back', async () => {
    standIn.failNext(1, 429);
    await assert.rejects(enricher().enrich(article, taxonomy), /429, and asks to come back after 1/);
  });

  for (const status of [400, 413, 422]) {
    test(`${status} is about the article, and permanent`, async () => {
      standIn.failNext(1, status);
      await assert.rejects(enricher().enrich(article, taxonomy), PermanentError);
    });
  }

  test('a wrong key gives no article up', async () => {
    const { enrich } = createHttpEnricher({ url: standIn.url, apiKey: 'wrong' });
    await assert.rejects(enrich(article, taxonomy), ConfigError);
  });

  test('no answer in time, and nobody there, are retryable', async () => {
    standIn.stallNext(1, 5_000);
    await assert.rejects(
      enricher(50).enrich(article, taxonomy),
      (error) => error instanceof RetryableError && /within 50 ms/.test(error.message),
    );
    const { enrich } = createHttpEnricher({ url: 'http://127.0.0.1:9' });
    await assert.rejects(enrich(article, taxonomy), RetryableError);
  });
});

describe('a service behind the HTTP enricher', () => {
  let answer: { body: string } = { body: '' };
  let asked: Record<string, unknown> = {};
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked = JSON.parse(body) as Record<string, unknown>;
    response.end(answer.body);
  });
  const enrich = (text: string, about = article) => {
    answer = { body: text };
    const { port } = server.address() as AddressInfo;
    return createHttpEnricher({ url: `http://127.0.0.1:${port}` }).enrich(about, taxonomy);
  };
  const themes = { level1: null, level2: null, level3: null };

  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  test('reads the labels of the taxonomy, and of a long body its beginning', async () => {
    await enrich(JSON.stringify({ themes, summary: null }), { ...article, content: 'a'.repeat(1_000_000) });
    assert.deepEqual((asked.taxonomy as object[])[1], { code: '01.01', label: 'Tema 01.01' });
    assert.equal((asked.content as string).length, 20_000);
    assert.deepEqual([asked.lead, asked.agency, asked.tags], ['Educação', 'mec', ['obras']]);
  });

  for (const [what, text] of Object.entries({
    'no JSON': '<html>',
    'no themes': '{"summary": "Resumo"}',
    'a summary that is no text': JSON.stringify({ themes, summary: 7 }),
    'a summary without end': JSON.stringify({ themes, summary: 'a'.repeat(100_000) }),
  })) {
    test(`${what} is retryable: a model may do better the next time`, async () => {
      await assert.rejects(enrich(text), RetryableError);
    });
  }

  test('a path of themes ends where the taxonomy does not know it', async () => {
    const answered = (level1: string, level2: string, level3: string) =>
      enrich(JSON.stringify({ themes: { level1, level2, level3 }, summary: 'Resumo.' }));
    assert.deepEqual((await answered('01', '01.01', '01.01.01')).themes, {
      level1: '01',
      level2: '01.01',
      level3: '01.01.01',
    });
    assert.deepEqual((await answered('02', '01.01', '01.01.01')).themes, { level1: '02', level2: null, level3: null });
    assert.deepEqual((await answered('99', '01.01', '01.01.01')).themes, themes);
  });

  test('what Postgres cannot hold is taken out of its texts, and an empty summary is none', async () => {
    const { summary, features } = await enrich(
      JSON.stringify({ themes, summary: 'Resumo\0.', features: { entities: ['a\0b\ud800'] } }),
    );
    assert.equal(summary, 'Resumo.');
    assert.deepEqual(features, { entities: ['ab\ufffd'] });
    assert.equal((await enrich(JSON.stringify({ themes, summary: ' ' }))).summary, null);
  });
});

test('the setting says which enricher it is', () => {
  const DATABASE_URL = 'postgres://localhost/x';
  const open = (env: NodeJS.ProcessEnv) => openEnricher(loadConfig(config, { DATABASE_URL, ...env }));
  assert.equal(open({}).name, 'local-1');
  assert.equal(open({ ENRICHER: 'http', ENRICHER_URL: 'https://enricher.example/' }).name, 'http-1');
  assert.throws(() => open({ ENRICHER: 'http' }), ConfigError);
  assert.throws(() => open({ ENRICHER: 'http', ENRICHER_URL: 'ftp://enricher.example/' }), ConfigError);
});
