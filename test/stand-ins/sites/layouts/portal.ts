import type { SampleSource } from '../sources.ts';
import { escapeHtml } from './html.ts';

/** `light` keeps the frame of a page small for load tests; `real` makes pages weigh what the real ones do. */
export type PageWeight = 'light' | 'real';

const SECTIONS = ['Acesso à Informação', 'Assuntos', 'Canais de Atendimento', 'Composição', 'Central de Conteúdo'];
const TOPICS = [
  'Institucional',
  'Ações e Programas',
  'Participação Social',
  'Auditorias',
  'Convênios e Transferências',
  'Receitas e Despesas',
  'Licitações e Contratos',
  'Servidores',
  'Informações Classificadas',
  'Perguntas Frequentes',
  'Dados Abertos',
  'Agenda de Autoridades',
];

/** Links of a menu: ten in a light page; from 30 to 75 KB of them in a real one, each agency its own weight. */
function menuItems(source: SampleSource, weight: PageWeight): string {
  const count = weight === 'light' ? 10 : 110 + (source.name.length % 12) * 14;
  const root = portalRoot(source);
  return Array.from({ length: count }, (_, index) => {
    const section = SECTIONS[index % SECTIONS.length]!;
    const topic = TOPICS[index % TOPICS.length]!;
    return `          <li class="plain menu-item-${index}" aria-haspopup="true">
            <a href="${root}/pt-br/menu/item-${index}" class="state-published menu-link" title="${section}: ${topic}">
              <span class="menu-label">${topic}</span>
            </a>
          </li>`;
  }).join('\n');
}

/** `https://www.gov.br/mec` */
export function portalRoot(source: SampleSource): string {
  const { origin, pathname } = new URL(source.listingUrl);
  return `${origin}/${pathname.split('/')[1]}`;
}

export function portalHeader(source: SampleSource, weight: PageWeight): string {
  return `<header id="site-header" class="has-navigation">
  <ul class="skip-links"><li><a accesskey="1" href="#main-content">Ir para o Conteúdo <span>1</span></a></li>
    <li><a accesskey="2" href="#menu-trigger">Ir para o menu <span>2</span></a></li></ul>
  <div class="header-wrapper">
    <a class="govbr-logo" href="https://www.gov.br/pt-br" title="Portal Gov.br">GOVBR</a>
    <div class="site-name"><a href="${portalRoot(source)}/pt-br">${escapeHtml(source.name)}</a></div>
    <form id="searchGadget" action="${portalRoot(source)}/pt-br/search"><input name="SearchableText" type="text" title="Buscar no Site" /></form>
    <nav id="navigation" aria-label="Menu principal">
        <ul class="nav">
${menuItems(source, weight)}
        </ul>
    </nav>
  </div>
</header>`;
}

export function portalFooter(source: SampleSource): string {
  return `<footer id="portal-footer" class="portal-footer">
  <div class="footer-links"><a href="${portalRoot(source)}/pt-br/canais_atendimento">Fale conosco</a>
    <a href="https://www.gov.br/acessoainformacao">Acesso à informação</a></div>
  <div class="social-media"><span>Redes sociais</span> <a href="https://www.youtube.com/">YouTube</a></div>
  <div class="texto-copyright">Todo o conteúdo deste site está publicado sob a licença
    <a rel="license" href="https://creativecommons.org/licenses/by-nd/3.0/deed.pt_BR">Creative Commons Atribuição-SemDerivações 3.0</a></div>
</footer>`;
}

interface PloneDocument {
  source: SampleSource;
  weight: PageWeight;
  title: string;
  /** What relative links of the page are relative to. */
  base: string;
  bodyClass: string;
  head: string;
  main: string;
}

/** A whole page of a classic portal around its main part. */
export function ploneDocument({ source, weight, title, base, bodyClass, head, main }: PloneDocument): string {
  return `<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="pt-br" xml:lang="pt-br">
<head>
  <meta charset="utf-8" />
  <script type="application/ld+json">
  {
    "@context": "https://schema.org",
    "@type": "Organization",
    "url": "${portalRoot(source)}",
    "logo": "${portalRoot(source)}/logo.png"
  }</script>
  <base href="${base}" /><!--[if lt IE 7]></base><![endif]-->
  <title>${escapeHtml(title)} — ${escapeHtml(source.name)}</title>
  <meta property="og:site_name" content="${escapeHtml(source.name)}" />
  <meta name="generator" content="Plone - http://plone.org" />
  <link href="${portalRoot(source)}/++theme++padrao_govbr/govbrtheme.css" rel="stylesheet" />
${head}
</head>
<body class="default-header-template ${bodyClass} site-pt-br userrole-anonymous" data-portal-url="${portalRoot(source)}" dir="ltr">
${portalHeader(source, weight)}
${main}
<div class="conteudo-relacionado"></div>
${portalFooter(source)}
</body>
</html>
`;
}
