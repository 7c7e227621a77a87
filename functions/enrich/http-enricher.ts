import { z } from 'zod';
import { enricherRanks } from '../../shared/enricher-settings.ts';
import { ConfigError, errorMessage, PermanentError, RetryableError } from '../../shared/errors.ts';
import { describeIssues, plainMessage } from '../../shared/schema-messages.ts';
import { askWithSecret, asSecret, isRefusal, type Secret } from '../../shared/secret.ts';
import type { EnrichableArticle, Enricher, Enrichment, Taxonomy, ThemeCodes } from './enricher.ts';

export interface HttpEnricherOptions {
  url: string;
  /** Sent as bearer token. */
  apiKey?: string | Secret | undefined;
  /** Over the whole exchange. Default 30,000. */
  timeoutMs?: number;
}

/** What is sent of a body at most: a summary needs no more, and a model takes no more. */
const CHARACTERS_SENT = 20_000;
const MAX_SUMMARY_CHARACTERS = 5_000;

const code = z.string().nullable();
const answerSchema = z.object({
  themes: z.object({ level1: code, level2: code, level3: code }),
  summary: z.string().max(MAX_SUMMARY_CHARACTERS).nullable(),
  features: z.record(z.string(), z.unknown()).default({}),
});

/**
 * An enricher that another service runs: one POST an article. Nothing is asked twice here, the message is what retries.
 *
 * An answer that is not usable counts as passing, as does a busy or failing service; that it refuses this article does
 * not.
 */
export function createHttpEnricher({ url, apiKey, timeoutMs = 30_000 }: HttpEnricherOptions): Enricher {
  const secret = apiKey ? asSecret(apiKey) : undefined;
  return {
    name: 'http-1',
    rank: enricherRanks.http,
    async enrich(article, taxonomy) {
      const body = JSON.stringify(toRequest(article, taxonomy));
      const ask = (authorization: Record<string, string>) =>
        post(url, { body, headers: { 'content-type': 'application/json', ...authorization }, timeoutMs });
      const answer = secret
        ? await askWithSecret(secret, (value) => ask({ authorization: `Bearer ${value}` }), isRefusal)
        : await ask({});
      if (!answer.ok) throw toDeliveryError(answer);
      return toEnrichment(answer.text, taxonomy);
    },
  };
}

function toRequest(article: EnrichableArticle, taxonomy: Taxonomy): object {
  const { title, subtitle, editorialLead: lead, content, category, tags, agencyKey: agency } = article;
  return {
    ...{ title, subtitle, lead, content: content.slice(0, CHARACTERS_SENT), category, tags, agency },
    taxonomy: taxonomy.map(({ code, label }) => ({ code, label })),
  };
}

type Answer = Pick<Response, 'ok' | 'status' | 'headers'> & { text: string };

async function post(
  url: string,
  { timeoutMs, ...init }: { body: string; headers: Record<string, string>; timeoutMs: number },
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { method: 'POST', ...init, signal });
    const { ok, status, headers } = response;
    return { ok, status, headers, text: await response.text() };
  } catch (cause) {
    const reason = signal.aborted ? `no answer within ${timeoutMs} ms` : errorMessage((cause as Error).cause ?? cause);
    throw new RetryableError(`The enricher cannot be reached: ${reason}`, { cause });
  }
}

function toDeliveryError({ status, headers }: Answer): Error {
  const retryAfter = headers.get('retry-after');
  const wish = retryAfter ? `, and asks to come back after ${retryAfter.slice(0, 40)}` : '';
  const text = `The enricher answers ${status}${wish}`;
  // Our key or our address is wrong, whatever the article: not a reason to give the article up.
  if ([401, 403, 404].includes(status)) return new ConfigError(text);
  return status < 400 || status >= 500 || [408, 425, 429].includes(status)
    ? new RetryableError(text)
    : new PermanentError(text);
}

/** @throws {RetryableError} when the answer is not what was asked for: a model may do better the next time. */
function toEnrichment(text: string, taxonomy: Taxonomy): Enrichment {
  let json: unknown;
  try {
    json = JSON.parse(text, (_key, value) => (typeof value === 'string' ? storable(value) : value));
  } catch (cause) {
    throw new RetryableError('The enricher answers what is not JSON', { cause });
  }
  const parsed = answerSchema.safeParse(json, { error: plainMessage });
  if (!parsed.success) {
    throw new RetryableError(`The answer of the enricher is not usable: ${describeIssues(parsed.error.issues)}`);
  }
  const { themes, summary, features } = parsed.data;
  return { themes: knownThemes(themes, taxonomy), summary: summary?.trim() || null, features };
}

/** From the top as far as the taxonomy goes: a code that it lacks, or has elsewhere, ends the path. */
function knownThemes(codes: ThemeCodes, taxonomy: Taxonomy): ThemeCodes {
  const find = (code: string | null, parent: string | null) =>
    taxonomy.find((theme) => theme.code === code && theme.parentCode === parent)?.code ?? null;
  const level1 = find(codes.level1, null);
  const level2 = level1 && find(codes.level2, level1);
  const level3 = level2 && find(codes.level3, level2);
  return { level1, level2, level3 };
}

/** Postgres takes neither NUL nor half a surrogate pair. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}
