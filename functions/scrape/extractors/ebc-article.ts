import { ancestorOf, type Element, parseHtml, removeAll } from '../html.ts';
import type { Page } from '../page.ts';
import { type ArticleDefinition, articleReader } from './article-definition.ts';
import { boxesIn } from './ebc-boxes.ts';
import type { ExtractedArticle } from './extractor.ts';

/** Where links to all news of a tag lead. */
const TAG_LINK = 'a[href*="/tags/"]';
/** What the article is around. */
const MARKS = 'h1, .conteudo-noticia';

/** What reads an article of EBC's sites, without what their pages have of other articles. */
export function ebcArticleReader(
  definition: Omit<ArticleDefinition, 'tags'>,
): (page: Page, url: string) => ExtractedArticle {
  const read = articleReader({ ...definition, tags: [TAG_LINK] });
  return (page, url) => {
    const $ = parseHtml(page.body, page.url);
    const articles = $<Element, string>('article').toArray();
    const main = mainArticles(articles, $<Element, string>(MARKS).toArray());
    const foreign = [
      ...articles.filter((article) => !main.has(article)),
      ...$<Element, string>(TAG_LINK).filter((_, link) => !isWithin(link, main)),
      ...boxesIn($.root()[0]!),
    ];
    if (foreign.length === 0) return read(page, url);
    removeAll(foreign);
    const body = $.html($.root().children().contents(), { xml: { xmlMode: false, encodeEntities: 'utf8' } });
    return read({ ...page, body }, url);
  };
}

/** The articles around the headline or the text; where these stand outside of all, the first one. */
function mainArticles(articles: readonly Element[], marks: readonly Element[]): ReadonlySet<Element> {
  const all = new Set(articles);
  const main = new Set<Element>();
  for (const mark of marks) {
    for (let around = mark.parent; around; around = around.parent) {
      if ('attribs' in around && all.has(around)) main.add(around);
    }
    if (main.size > 0) return main;
  }
  return new Set(articles.slice(0, 1));
}

/** Whether a link stands in the article; on a page without one, whether it stands outside of the page's frame. */
function isWithin(link: Element, main: ReadonlySet<Element>): boolean {
  return main.size > 0
    ? ancestorOf(link, (ancestor) => main.has(ancestor)) !== undefined
    : ancestorOf(link, ({ name }) => /^(?:aside|footer|header|nav)$/.test(name)) === undefined;
}
