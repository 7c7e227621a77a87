import type { SampleArticle } from '../article.ts';
import { brazilianDay, clockTime } from './dates.ts';
import { blockHtml, createInline, escapeHtml } from './html.ts';

/** `/ultimas?page=N`: two generations of markup are about, here they take turns by page. */
export function agenciaBrasilListing(articles: readonly SampleArticle[], page: number, isLast: boolean): string {
  const list = page % 2 === 0 ? coverList(articles) : isotopeList(articles);
  const next = isLast ? '' : `<a rel="next" title="Ir para próxima página" href="/ultimas?page=${page + 1}">›</a>`;
  return document(
    'Últimas notícias',
    `<h1 class="titulo-pagina">Últimas notícias</h1>
${list}
<ul class="pagination">${next}</ul>`,
  );
}

function coverList(articles: readonly SampleArticle[]): string {
  const items = articles.map(
    (article) => `  <div class="post-item-wrapper">
    <a href="${new URL(article.url).pathname}" class="capa-noticia">
      <h4 class="titulo-capa">${escapeHtml(article.title)}</h4>
      <p class="resumo">${escapeHtml(article.subtitle ?? '')}</p>
    </a>
    <a href="/temas/ultimas" class="capa-noticia capa-tema">Mais sobre o tema</a>
  </div>`,
  );
  return `<div class="view-content">\n${items.join('\n')}\n</div>`;
}

function isotopeList(articles: readonly SampleArticle[]): string {
  const items = articles.map(
    (article) => `  <div class="ultima_isotope">
    <a href="${article.url}" title="${escapeHtml(article.title)}"><h4>${escapeHtml(article.title)}</h4></a>
  </div>`,
  );
  return `<div id="view-ultimas-noticias-ajax">\n${items.join('\n')}\n</div>`;
}

export function agenciaBrasilArticle(article: SampleArticle): string {
  const { title, subtitle, variant } = article;
  const inline = createInline(variant, ['/especiais', 'https://www.gov.br/pt-br/servicos', '../noticia/leia-tambem']);
  const texts = article.body.map((block) => blockHtml(block, inline)).join('\n');
  const closing = variant % 2 === 0 ? '<p><em>*Com informações da Agência Gov</em></p>' : '';
  return document(
    title,
    `<article class="materia">
  <h1 class="titulo-materia">${escapeHtml(title)}</h1>
  <div class="linha-fina-noticia">${escapeHtml(subtitle ?? '')}</div>
  <div class="autor-noticia">Agência Brasil</div>
  <div class="data">Publicado em ${brazilianDay(article.publishedAt)} - ${clockTime(article.publishedAt)}</div>
  <div class="local">Brasília</div>
  <div class="compartilhar"><span>Compartilhe:</span> <a href="https://www.facebook.com/sharer.php?u=${article.url}">Facebook</a></div>
  ${picture(article)}
  <div class="conteudo-noticia">
<img src="https://agenciabrasil.ebc.com.br/ebc.png?id=${variant}&amp;o=node" style="width:1px; height:1px; display:inline;" /><img src="https://agenciabrasil.ebc.com.br/ebc.gif?id=${variant}&amp;o=node" style="width:1px; height:1px; display:inline;" />
${texts}
${closing}
  </div>
  <div class="tags">${tags(article)}</div>
</article>`,
  );
}

/** Loaded when it comes into view: the address stands in `data-echo`, for half of the pages only in `noscript`. */
function picture({ imageUrl, variant }: SampleArticle): string {
  if (!imageUrl) return '';
  const echo = variant % 2 === 0 ? ` data-echo="${imageUrl}"` : '';
  return `<figure class="figura-materia">
    <img class="flex-fill img-cover"${echo} src="/sites/_agenciabrasil2013/themes/agenciabrasil_v3/images/loading_v2.gif" alt="" />
    <noscript><img src="${imageUrl}" alt="" /></noscript>
    <figcaption>Divulgação</figcaption>
  </figure>`;
}

function tags(article: SampleArticle): string {
  const links = article.tags.map(
    (tag) => `<a href="/tags/${encodeURIComponent(tag.toLowerCase())}"> ${escapeHtml(tag)}</a>`,
  );
  return [...links, '<a href="/tags/"></a>'].join(' ');
}

function document(title: string, main: string): string {
  return `<!DOCTYPE html>
<html lang="pt-br" dir="ltr">
<head>
  <meta charset="utf-8" />
  <meta name="Generator" content="Drupal 7 (http://drupal.org)" />
  <title>${escapeHtml(title)} | Agência Brasil</title>
</head>
<body class="html not-front">
<nav class="navbar"><a href="/" class="navbar-brand" title="Início">Agência Brasil</a> <a href="/ultimas" title="Últimas">Últimas</a></nav>
<main id="conteudo">
${main}
</main>
<footer><a href="https://www.ebc.com.br" title="EBC">Empresa Brasil de Comunicação</a></footer>
</body>
</html>
`;
}
