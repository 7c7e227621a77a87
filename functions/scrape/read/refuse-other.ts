import { NotNewsError } from '../errors.ts';
import type { ExtractedArticle, Extractor } from '../extractors/extractor.ts';
import type { Page } from '../page.ts';

const LINK = /\]\((https?:[^()[\]\s]*)\)/g;
/** Of a listing's text, by the length of the addresses: descriptions may stand between them. */
const MIN_LINK_SHARE = 0.1;
/** What sites put in the place of an article, with nothing but the headline to tell. */
const NOTICE =
  /^(?:(?:portal|site|sítio|página|sistema|serviço) (?:está )?em manutenção|em manutenção|manutenção programada|acesse com gov\.br|acesso gov\.br|identifique-se no gov\.br|página não encontrada|(?:desculpe,? (?:mas )?)?esta página não existe.*|acesso negado|privilégios insuficientes)[.!…]*$/i;

/** @throws {NotNewsError} when a page that could be read as an article is a listing of them, or a notice. */
export function refuseOther(page: Page, extractor: Extractor, article: ExtractedArticle): void {
  if (NOTICE.test(article.title)) {
    const isLogin = /gov\.br|negado|privil/i.test(article.title);
    throw new NotNewsError(page.url, isLogin ? 'login_required' : 'html_changed', `it says "${article.title}"`);
  }
  refuseListing(page, extractor, article);
}

/** A listing has a headline and a text, too: its entries. */
function refuseListing(page: Page, extractor: Extractor, { content }: ExtractedArticle): void {
  const links = Array.from(content.matchAll(LINK), ([, address]) => address!);
  // Looking for entries costs more than reading the article, so only a text that is full of links is suspected.
  if (links.length < 2 || links.join('').length < content.length * MIN_LINK_SHARE) return;
  const linked = new Set(links);
  const { items } = extractor.parseListing(page);
  const shown = items.filter(({ url }) => linked.has(url));
  if (shown.length < 2 || shown.length * 2 < items.length) return;
  throw new NotNewsError(page.url, 'html_changed', `it is a listing of ${items.length} articles, expected one of them`);
}
