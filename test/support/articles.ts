import type { ScrapedArticle } from '../../shared/article.ts';
import type { Database } from '../../shared/database.ts';
import { contentHash, legacyId, uniqueId } from '../../shared/identity.ts';
import { createLogger, type Logger } from '../../shared/log.ts';
import type { OutgoingMessage, Publisher } from '../../shared/publisher.ts';
import { type ArticleInput, storeArticles } from '../../shared/sql/store-articles.ts';
import type { ArticleMessage } from '../../shared/stage.ts';
import { identityDate } from '../../shared/time.ts';

/** An agency that articles can belong to; there already is fine. */
export async function seedAgency(db: Database, key = 'mec', name = 'Ministério da Educação'): Promise<void> {
  await db.query('insert into agencies (key, name) values ($1, $2) on conflict (key) do nothing', [key, name]);
}

/** Themes 01, 01.01 and 02. */
export async function seedThemes(db: Database): Promise<void> {
  await db.query(
    `insert into themes (code, label, full_name, level, parent_code) values
       ('01', 'Economia e Finanças', '01 - Economia e Finanças', 1, null),
       ('01.01', 'Política Econômica', '01.01 - Política Econômica', 2, '01'),
       ('02', 'Educação', '02 - Educação', 1, null)`,
  );
}

/** An article as an extractor returns it; only what a test is about needs to be given. */
export function scrapedArticle(fields: Partial<ScrapedArticle> = {}): ScrapedArticle {
  const url = fields.canonicalUrl ?? 'https://www.gov.br/mec/pt-br/noticias/obras';
  return {
    agencyKey: 'mec',
    url,
    canonicalUrl: url,
    title: 'Ministério anuncia obras em escolas',
    subtitle: 'Investimento começa em março',
    editorialLead: null,
    content: 'O ministério anunciou obras em escolas de todo o país.',
    imageUrl: 'https://www.gov.br/mec/obras.jpg',
    videoUrl: null,
    category: 'Notícias',
    tags: ['obras', 'escolas'],
    publishedAt: new Date('2026-11-10T12:00:00Z'),
    publishedAtSource: 'json-ld',
    updatedDatetime: null,
    extractedAt: new Date('2026-11-10T13:00:00Z'),
    ...fields,
  };
}

/** The row of a scraped article, under the shortest id. */
export function articleInput(fields: Partial<ScrapedArticle> = {}): ArticleInput {
  const article = scrapedArticle(fields);
  const legacy = legacyId(article.agencyKey, identityDate(article.publishedAt), article.title);
  return {
    unique_id: uniqueId(article.title, legacy),
    legacy_unique_id: legacy,
    agency_key: article.agencyKey,
    url: article.url,
    canonical_url: article.canonicalUrl,
    title: article.title,
    subtitle: article.subtitle,
    editorial_lead: article.editorialLead,
    content: article.content,
    image_url: article.imageUrl,
    video_url: article.videoUrl,
    category: article.category,
    tags: article.tags,
    published_at: article.publishedAt,
    published_at_source: article.publishedAtSource,
    updated_datetime: article.updatedDatetime,
    extracted_at: article.extractedAt,
    content_hash: contentHash(article.title, article.content),
  };
}

/** Stores a new article with its agency; its message, as `scrape` would publish it. */
export async function seedArticle(db: Database, fields: Partial<ScrapedArticle> = {}): Promise<ArticleMessage> {
  await seedAgency(db, fields.agencyKey);
  const [stored] = await storeArticles(db, [articleInput(fields)]);
  if (stored?.status !== 'inserted') throw new Error(`The article was not inserted: ${stored?.status}`);
  return { unique_id: stored.unique_id!, version: stored.version! };
}

/** The whole row, as the driver returns it. */
export async function readArticle(db: Database, uniqueId: string): Promise<Record<string, unknown>> {
  const { rows } = await db.query('select * from news where unique_id = $1', [uniqueId]);
  if (!rows[0]) throw new Error(`No article ${uniqueId}`);
  return rows[0];
}

export interface PushOptions {
  attributes?: Record<string, string>;
  messageId?: string;
  subscription?: string;
  deliveryAttempt?: number;
}

/** Posts a message as a push subscription does; resolves with the status of the answer. */
export async function push(url: string, data: unknown, options: PushOptions = {}): Promise<number> {
  const {
    attributes = { event_version: '1' },
    messageId = '1',
    subscription = 'projects/test/subscriptions/test',
  } = options;
  return await post(url, {
    message: {
      data: Buffer.from(JSON.stringify(data)).toString('base64'),
      attributes,
      messageId,
      message_id: messageId,
      publishTime: '2026-11-10T13:00:00.123Z',
    },
    subscription,
    ...(options.deliveryAttempt ? { deliveryAttempt: options.deliveryAttempt } : {}),
  });
}

/** Posts any body as JSON; resolves with the status of the answer. */
export async function post(url: string, body: unknown): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Keeps what is published and logged; `failWith` makes publishing fail while it is set. */
export interface Recorder {
  publisher: Publisher;
  published: OutgoingMessage[];
  failWith: Error | undefined;
  log: Logger;
  lines: Record<string, unknown>[];
}

export function createRecorder(): Recorder {
  const published: OutgoingMessage[] = [];
  const lines: Record<string, unknown>[] = [];
  const recorder: Recorder = {
    published,
    failWith: undefined,
    lines,
    log: createLogger((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
    publisher: {
      publish: async (messages) => {
        if (recorder.failWith) throw recorder.failWith;
        published.push(...messages);
      },
      close: async () => {},
    },
  };
  return recorder;
}

/** What is published, as `topic unique_id version`. */
export function nudges(messages: readonly OutgoingMessage[]): string[] {
  return messages.map(({ topic, data }) => {
    const { unique_id, version } = data as ArticleMessage;
    return `${topic} ${unique_id} ${version}`;
  });
}
