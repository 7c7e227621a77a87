import { z } from 'zod';
import type { SampleArticle } from './article.ts';
import type { ArticlePatch } from './edit.ts';

interface AdminRequest {
  method: string;
  url: URL;
  body: string;
}

interface AdminSite {
  articles: readonly SampleArticle[];
  /** First and last day of publication. */
  period: { firstDay: string; lastDay: string };
  edit(index: number, patch: ArticlePatch): void;
}

interface AdminAnswer {
  status: number;
  body: object;
}

/**
 * For people at the terminal, on the loopback name: `GET /_stand-in/articles?limit=` lists,
 * `PATCH /_stand-in/articles/<index>` edits, `GET /_stand-in` says which days the site tells of.
 */
export function answerAdmin({ method, url, body }: AdminRequest, site: AdminSite): AdminAnswer {
  if (url.pathname === '/_stand-in') return { status: 200, body: { ...site.period, articles: site.articles.length } };
  const [, index] = /^\/_stand-in\/articles(?:\/(\d{1,9}))?$/.exec(url.pathname) ?? [null, null];
  if (index === null) return { status: 404, body: { error: `There is nothing at ${url.pathname}` } };
  if (index === undefined) {
    if (method !== 'GET') return { status: 405, body: { error: 'Only GET' } };
    return list(url.searchParams.get('limit') ?? '50', site);
  }
  if (method !== 'PATCH') return { status: 405, body: { error: 'Only PATCH' } };
  return patch(Number(index), body, site);
}

function list(limit: string, { articles }: AdminSite): AdminAnswer {
  if (!/^\d{1,9}$/.test(limit)) return { status: 400, body: { error: `limit is no whole number: ${limit}` } };
  const shown = articles.slice(0, Number(limit));
  return { status: 200, body: shown.map(({ url, title }, index) => ({ index, url, title })) };
}

function patch(index: number, body: string, site: AdminSite): AdminAnswer {
  const article = site.articles[index];
  if (!article) return { status: 404, body: { error: `There is no article ${index}` } };
  try {
    site.edit(index, JSON.parse(body));
  } catch (error) {
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'The body is no JSON' } };
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    throw error;
  }
  return { status: 200, body: { index, url: article.url, title: article.title } };
}
