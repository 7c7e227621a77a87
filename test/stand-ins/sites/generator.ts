import { saoPauloDay, saoPauloInstant } from '../../../shared/time.ts';
import { articleUrl, programmeOf, uniqueUrl } from './address.ts';
import type { Block, Failure, SampleArticle } from './article.ts';
import { leadImage, withExtras } from './extras.ts';
import { createRandom, type Random } from './random.ts';
import { drawSlots, fillSlots, type Slots } from './slots.ts';
import { isClassic, SAMPLE_SOURCES, type SampleSource } from './sources.ts';
import { loadStories, type Story } from './stories.ts';

export interface SampleOptions {
  seed: number;
  /** Its day in Brasília is the last day of publication. */
  now: Date;
  /** Over how many days the articles are spread. */
  days: number;
}

const FAILURES: readonly Failure[] = ['empty', 'challenge', 'login'];
const MINUTE_MS = 60_000;

/**
 * Articles in turn over the sources, each with a headline and an address of its own.
 *
 * The same seed gives the same articles, and a larger size only appends.
 */
export function generateArticles({ seed, now, days, articles }: SampleOptions & { articles: number }): SampleArticle[] {
  const stories = loadStories();
  const titles = new Set<string>();
  const urls = new Set<string>();
  return Array.from({ length: articles }, (_, index) => {
    const source = SAMPLE_SOURCES[index % SAMPLE_SOURCES.length]!;
    const round = Math.floor(index / SAMPLE_SOURCES.length);
    const { theme, story } = chooseStory(stories, source, round, seed);
    const random = createRandom(seed, 'article', index);
    const publishedAt = drawInstant(random, now, days);
    const text = newText(random, story, publishedAt, titles);
    const address = { source, category: story.category, title: text.title, publishedAt, random };
    const url = uniqueUrl(articleUrl(address), urls);
    const undated = source.layout === 'volto' && index === FIRST_UNDATED;
    return { ...compose({ random, source, story, theme, publishedAt, url, ...text }), undated };
  });
}

/** The second article of the first Volto source. */
const FIRST_UNDATED = SAMPLE_SOURCES.length + SAMPLE_SOURCES.findIndex((source) => source.layout === 'volto');

/** Pages that the listings show and that cannot be read: without content, behind a challenge, behind a login. */
export function generateBroken({ seed, now, days, broken }: SampleOptions & { broken: number }): SampleArticle[] {
  const stories = loadStories();
  const sources = SAMPLE_SOURCES.filter((source) => isClassic(source.layout));
  return Array.from({ length: broken }, (_, index) => {
    const source = sources[index % sources.length]!;
    const failure = FAILURES[index % FAILURES.length]!;
    const prefix = `copy_of_${index + 1}_`;
    const random = createRandom(seed, 'broken', index);
    return extraArticle({ stories, source, random, seed, now, days, failure, prefix });
  });
}

/** One article a source that is older than all others and stands at the top of its listing all the same. */
export function generatePinned({ seed, now, days }: SampleOptions): SampleArticle[] {
  const stories = loadStories();
  const sources = SAMPLE_SOURCES.filter((source) => source.layout !== 'volto');
  const longAgo = new Date(now.getTime() - (days + 400) * 24 * 60 * MINUTE_MS);
  return sources.map((source) => {
    const random = createRandom(seed, 'pinned', source.agencyKey);
    const prefix = 'relembre-';
    return extraArticle({ stories, source, random, seed, now: longAgo, days: 60, failure: null, prefix });
  });
}

interface ExtraOptions extends SampleOptions {
  stories: Map<string, Story[]>;
  source: SampleSource;
  random: Random;
  failure: Failure | null;
  /** Keeps the address apart from those of the ordinary articles. */
  prefix: string;
}

function extraArticle({ stories, source, random, seed, now, days, failure, prefix }: ExtraOptions): SampleArticle {
  const { theme, story } = chooseStory(stories, source, random.integer(0, 9), seed);
  const publishedAt = drawInstant(random, now, days);
  const text = newText(random, story, publishedAt, new Set());
  const url = articleUrl({ source, category: story.category, title: text.title, publishedAt, random });
  const apart = url.replace(/([^/]+)$/, `${prefix}$1`);
  return { ...compose({ random, source, story, theme, publishedAt, url: apart, ...text }), failure };
}

/** Goes through the themes of the source, and through the texts of a theme each time it comes round. */
function chooseStory(stories: Map<string, Story[]>, source: SampleSource, round: number, seed: number) {
  const random = createRandom(seed, 'stories', source.agencyKey);
  // The two sources that write about everything start half a turn apart, so that a small site covers all themes.
  const start = source.layout === 'tv-brasil' ? 12 : 0;
  const theme = source.themes[(round + start) % source.themes.length]!;
  const ofTheme = stories.get(theme);
  if (!ofTheme) throw new Error(`There is no text about theme ${theme}`);
  const turn = Math.floor(round / source.themes.length) + random.integer(0, ofTheme.length - 1);
  return { theme, story: ofTheme[turn % ofTheme.length]! };
}

/** Mostly office hours; now and then the edges of a day, where a wrong time zone shows. */
function drawInstant(random: Random, now: Date, days: number): Date {
  const [year, month, day] = saoPauloDay(now).split('-').map(Number);
  const back = random.integer(0, days - 1);
  const minutes = random.chance(0.08) ? random.pick([0, 5, 23 * 60, 24 * 60 - 1]) : random.integer(7 * 60, 21 * 60);
  const hour = Math.floor(minutes / 60);
  return saoPauloInstant({ year: year!, month: month!, day: day! - back, hour, minute: minutes % 60 });
}

interface Text {
  title: string;
  slots: Slots;
}

/** Draws until the headline is new; a text with few slots is told apart by place and, in the end, by number. */
function newText(random: Random, story: Story, publishedAt: Date, taken: Set<string>): Text {
  let text = { title: '', slots: {} as Slots };
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const slots = drawSlots(random, publishedAt);
    const title = fillSlots(story.title, slots, random);
    text = { title: attempt < 10 ? title : `${title}, em ${slots.municipio} (${slots.uf})`, slots };
    if (!taken.has(text.title)) break;
  }
  let title = text.title;
  for (let edition = 2; taken.has(title); edition += 1) title = `${text.title} – edição ${edition}`;
  taken.add(title);
  return { ...text, title };
}

interface Draft extends Text {
  random: Random;
  source: SampleSource;
  story: Story;
  theme: string;
  publishedAt: Date;
  url: string;
}

function compose({ random, source, story, theme, publishedAt, url, title, slots }: Draft): SampleArticle {
  const { agencyKey, layout } = source;
  const fill = (text: string) => fillSlots(text, slots, random);
  const paragraphs = story.paragraphs.map((text): Block => ({ kind: 'paragraph', text: fill(text) }));
  const image = random.chance(0.85) ? leadImage({ layout, title, url }, random) : null;
  const body = withExtras(paragraphs, random, slots);
  const isPlone = isClassic(layout) || layout === 'volto';
  const isTelevision = layout === 'tv-brasil';
  // Volto always states a last change.
  const isEdited = layout === 'volto' || (isPlone && random.chance(0.5));
  const kicker = random.chance(0.6) ? fill(story.lead) : null;
  return {
    agencyKey,
    layout,
    url,
    title,
    subtitle: isTelevision ? null : fill(story.subtitle),
    lead: isTelevision ? programmeOf(url) : isPlone ? kicker : null,
    category: isPlone ? fill(story.category) : null,
    tags: isTelevision ? [] : [...new Set(story.tags.map(fill))],
    publishedAt,
    undated: false,
    modifiedAt: isEdited ? new Date(publishedAt.getTime() + random.integer(1, 240) * MINUTE_MS) : null,
    // Pages of TV Brasil hold paragraphs only.
    body: isTelevision
      ? body.filter((block) => block.kind === 'paragraph')
      : [...(image?.block ? [image.block] : []), ...body],
    imageUrl: image?.imageUrl ?? null,
    videoUrl: isTelevision ? `https://tvbrasil.ebc.com.br/sites/default/files/videos/${random.hex(12)}.mp4` : null,
    theme,
    failure: null,
    variant: random.integer(0, 9_999_999),
  };
}
