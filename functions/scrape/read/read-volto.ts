import { canonicalUrl } from '../../../shared/identity.ts';
import { ExtractionError, NotNewsError, UnexpectedAnswerError } from '../errors.ts';
import type { ExtractedArticle } from '../extractors/extractor.ts';
import { type JsonRecord, parseJson, stringOf } from '../extractors/json.ts';
import { volto } from '../extractors/volto.ts';
import { readVoltoHtml } from '../extractors/volto-html.ts';
import type { Page } from '../page.ts';
import { isJson } from './detect-page.ts';

/**
 * Reads an article of a Volto portal in any of the forms in which somebody may have saved it: its JSON, the answer of a
 * search that has it, or the page, if the server rendered it.
 *
 * @throws an error with a `category` when the page does not hold the article at `url`.
 */
export function readVolto(page: Page, url: string): ExtractedArticle {
  if (isJson(page)) return readJson(page, url);
  try {
    return readVoltoHtml(page, url);
  } catch (error) {
    if (!(error instanceof ExtractionError)) throw error;
    throw leftToScripts(url, volto.articleUrl(url), `no ${error.field} in div.block.* of #main`);
  }
}

/** What a page of Volto is without its text: the reason names the address of the JSON that has it. */
export function leftToScripts(url: string, apiUrl: string, lack: string): NotNewsError {
  return new NotNewsError(url, 'empty_content', `${lack}, which scripts fill: fetch ${apiUrl} instead`);
}

function readJson(page: Page, url: string): ExtractedArticle {
  const document = parseJson(page);
  refuseApiError(document, url);
  const isListing =
    Array.isArray(document.items) &&
    document['@type'] !== 'News Item' &&
    (document.items.length > 0 || document.title === undefined);
  if (!isListing) return volto.parseArticle(page, url);
  const { items, entryCount } = volto.parseListing(page);
  const item = items.find((candidate) => canonicalUrl(candidate.url) === canonicalUrl(url));
  if (!item) {
    throw new NotNewsError(page.url, 'html_changed', `it is a listing of ${entryCount} entries, none at this address`);
  }
  if (item.readArticle) return item.readArticle();
  const reason = `the listing has only a summary of it: fetch ${volto.articleUrl(url)} instead`;
  throw new NotNewsError(url, 'empty_content', reason);
}

/** What Plone's API answers in place of a document. */
function refuseApiError({ type, message, title, '@type': documentType }: JsonRecord, url: string): void {
  if (documentType !== undefined || title !== undefined || stringOf(type) === '') return;
  const text = `the API answered "${stringOf(type).slice(0, 100)}: ${stringOf(message).slice(0, 200)}"`;
  if (type === 'Unauthorized' || type === 'Forbidden') throw new NotNewsError(url, 'login_required', text);
  throw new UnexpectedAnswerError(url, text);
}
