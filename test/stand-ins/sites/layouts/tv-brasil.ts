import type { SampleArticle } from '../article.ts';
import { brazilianDay, clockTime } from './dates.ts';
import { createInline, escapeHtml } from './html.ts';

export function tvBrasilListing(articles: readonly SampleArticle[], page: number, isLast: boolean): string {
  const items = articles.map(
    (article) => `    <div class="views-row">
      <h4 class="programa">${escapeHtml(article.lead ?? '')}</h4>
      <h3 class="heading"><a href="${new URL(article.url).pathname}">${escapeHtml(article.title)}</a></h3>
    </div>`,
  );
  const next = isLast ? '' : `<li class="pager-next"><a href="/ultimas?page=${page + 1}">próxima ›</a></li>`;
  return document(
    'Últimas',
    `<h2>Últimas</h2>
  <div class="view view-ultimas">
${items.join('\n')}
  </div>
  <div class="view view-destaques"><h3 class="heading"><a href="/programas">Todos os programas</a></h3></div>
  <ul class="pager">${next}</ul>`,
  );
}

export function tvBrasilArticle(article: SampleArticle): string {
  const inline = createInline(article.variant, ['/programas', 'https://www.gov.br/pt-br/servicos', '../ao-vivo']);
  const paragraphs = article.body.flatMap((block) => ('text' in block ? [`<p>${inline(block.text)}</p>`] : []));
  return document(
    article.title,
    `<article>
  <h4 class="txtNoticias"><a href="/programas">${escapeHtml(article.lead ?? '')}</a></h4>
  <h1>${escapeHtml(article.title)}</h1>
  ${aired(article)}
  <div class="player"><video controls="controls" poster="/sites/default/files/poster.jpg">
    <source src="${article.videoUrl}" type="video/mp4" />
  </video></div>
  ${paragraphs.join('\n  ')}
  <p>*Restrição de uso: conteúdo exclusivo para exibição na TV Brasil</p>
  <p><a href="/como-sintonizar">Clique aqui para saber</a> como sintonizar a TV Brasil</p>
  <p>Tags: ${escapeHtml(article.lead ?? '')}, TV Brasil</p>
</article>`,
  );
}

/** Older programmes print the date in a span, newer ones as a heading. */
function aired({ publishedAt, variant }: SampleArticle): string {
  const time = `${brazilianDay(publishedAt)} - ${clockTime(publishedAt)}`;
  return variant % 3 === 0 ? `<span class="date-display-single">${time}</span>` : `<h5>No AR em ${time}</h5>`;
}

function document(title: string, main: string): string {
  return `<!DOCTYPE html>
<html lang="pt-br">
<head>
  <meta charset="utf-8" />
  <title>${escapeHtml(title)} | TV Brasil</title>
</head>
<body>
<header><a href="/" class="logo">TV Brasil</a> <p class="slogan">A TV pública do Brasil</p></header>
<main>
  ${main}
</main>
<footer><p>Empresa Brasil de Comunicação</p></footer>
</body>
</html>
`;
}
