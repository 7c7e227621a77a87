import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { EnrichableArticle } from '../../../functions/enrich/enricher.ts';
import { createLocalEnricher } from '../../../functions/enrich/local-enricher.ts';
import { readCatalogue } from '../../../shared/catalogue.ts';
import type { Theme } from '../../../shared/theme.ts';
import { createRandom } from '../../stand-ins/sites/random.ts';
import { drawSlots, fillSlots } from '../../stand-ins/sites/slots.ts';
import { loadStories } from '../../stand-ins/sites/stories.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../support/cpu-time.ts';

const REAL_RECORDS = new URL('../../../../shared/cases/real-records.jsonl', import.meta.url);
const { themes } = await readCatalogue();

const article = (fields: Partial<EnrichableArticle>): EnrichableArticle => ({
  title: 'Título',
  subtitle: null,
  editorialLead: null,
  content: '',
  category: null,
  tags: [],
  agencyKey: 'agencia_brasil',
  ...fields,
});

interface Labelled {
  theme: string;
  article: EnrichableArticle;
}

/** Every story three times, with other names, figures and wordings. */
function storyArticles(): Labelled[] {
  return [...loadStories()].flatMap(([theme, stories]) =>
    stories.flatMap((story) =>
      [1, 2, 3].map((draw) => {
        const random = createRandom('local-enricher', story.title, draw);
        const slots = drawSlots(random, new Date('2025-06-02T12:00:00Z'));
        const fill = (text: string) => fillSlots(text, slots, random);
        const { title, subtitle, lead, category, tags, paragraphs } = story;
        return {
          theme,
          article: article({
            title: fill(title),
            subtitle: fill(subtitle),
            editorialLead: fill(lead),
            category: fill(category),
            tags: tags.map(fill),
            content: paragraphs.map(fill).join('\n\n'),
          }),
        };
      }),
    ),
  );
}

async function accuracy(labelled: readonly Labelled[]): Promise<number> {
  const enricher = createLocalEnricher();
  const found = await Promise.all(labelled.map(async (item) => (await enricher.enrich(item.article, themes)).themes));
  return found.filter(({ level1 }, index) => level1 === labelled[index]!.theme).length / labelled.length;
}

test('finds the first-level theme of at least 95 % of the sample stories', async () => {
  const measured = await accuracy(storyArticles());
  assert.ok(measured >= 0.95, `${measured}`);
});

test('finds it from headline and body alone for at least 90 %', async () => {
  const bare = storyArticles().map(({ theme, article: { title, content } }) => ({
    theme,
    article: article({ title, content }),
  }));
  const measured = await accuracy(bare);
  assert.ok(measured >= 0.9, `${measured}`);
});

test('agrees with the machine labels of at least 65 % of the published records, from 500 characters', {
  skip: existsSync(REAL_RECORDS) ? false : 'the published records are not beside the project',
}, async () => {
  const labelled = readFileSync(REAL_RECORDS, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((record) => record.theme_labels?.length > 0)
    .map((record): Labelled => {
      // These were scraped with the share block in their text, which ours are not.
      const content = record.content_start.replace(/Compartilhe:[\s\S]*/, '');
      return {
        theme: record.theme_labels[0],
        article: article({ title: record.title, content, agencyKey: record.agency }),
      };
    });
  assert.ok(labelled.length > 20);
  const measured = await accuracy(labelled);
  assert.ok(measured >= 0.65, `${measured}`);
});

test('gives every sample story a second-level theme within its first, a summary and features', async () => {
  const enricher = createLocalEnricher();
  let withSecond = 0;
  const stories = storyArticles();
  for (const story of stories) {
    const { themes: codes, summary, features } = await enricher.enrich(story.article, themes);
    if (codes.level2) {
      withSecond += 1;
      assert.equal(codes.level2.slice(0, 2), codes.level1);
    }
    assert.ok(summary && summary.length >= 60 && summary.length <= 500, story.article.title);
    assert.ok(!/[*[\]]/.test(summary), summary);
    const { word_count: wordCount, readability_flesch: flesch } = features;
    assert.ok(typeof wordCount === 'number' && wordCount > 100);
    assert.ok(typeof flesch === 'number' && flesch > -20 && flesch < 100, `${flesch}`);
  }
  assert.ok(withSecond / stories.length >= 0.8, `${withSecond} of ${stories.length}`);
});

test('gives an empty article neither themes nor summary', async () => {
  assert.deepEqual(await createLocalEnricher().enrich(article({ title: '' }), themes), {
    themes: { level1: null, level2: null, level3: null },
    summary: null,
    features: { word_count: 0, readability_flesch: null },
  });
});

test('prepares a taxonomy once', async () => {
  let reads = 0;
  const theme: Theme = { ...themes[0]!, description: null };
  Object.defineProperty(theme, 'keywords', {
    get: () => {
      reads += 1;
      return ['banco'];
    },
  });
  const enricher = createLocalEnricher();
  const taxonomy = [theme];
  await enricher.enrich(article({}), taxonomy);
  await enricher.enrich(article({}), taxonomy);
  assert.equal(reads, 1);
});

test('reads three million hostile characters in seconds', async () => {
  const enricher = createLocalEnricher();
  const pieces = [
    '[',
    '![',
    '[a](',
    '[a](b "c',
    '<a ',
    '<!--',
    '_a',
    'a',
    '.',
    '. ',
    'a@',
    '1.',
    '\\',
    '\n',
    '|a|\n',
    'a\n=\n',
    '“',
    '😀',
  ];
  for (const piece of pieces) {
    const content = piece.repeat(Math.ceil(3_000_000 / piece.length));
    const cpuSeconds = startCpuClock();
    const { summary } = await enricher.enrich(article({ content }), themes);
    assertCpuSeconds(cpuSeconds(), hostileInputSeconds, JSON.stringify(piece));
    assert.ok(summary === null || summary.length <= 500);
  }
});
